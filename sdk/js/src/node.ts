/** What only Node can: keep a client's state in a file. */
export { FileStorage } from "./storage/file.ts";
