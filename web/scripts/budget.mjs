// Says what the first load and all pages cost, compressed, and fails when that is more than it may.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FIRST_LIMIT = 100 * 1024;
/** The rest is fetched when it is looked at, and kept for being offline. */
const ALL_LIMIT = 200 * 1024;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const html = readFileSync(`${dist}index.html`, "utf8");

const files = readdirSync(dist, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".br"))
  .map((name) => ({ name: name.slice(0, -3), size: statSync(dist + name).size }))
  .sort((a, b) => b.size - a.size);

// What the page names is fetched before it shows; the rest is fetched when it is looked at.
const isFirst = ({ name }) => name === "index.html" || (/\.(js|css)$/.test(name) && html.includes(`/${name}`));
for (const file of files) {
  console.log(`${String(file.size).padStart(8)}  ${isFirst(file) ? "first" : "later"}  ${file.name}`);
}

// Solid writes a style that never changes into its template as an attribute, which the content
// security policy forbids.
for (const name of readdirSync(dist, { recursive: true }).map(String)) {
  if (!name.endsWith(".js") || !/<[a-z][^<>`]*\sstyle=/.test(readFileSync(dist + name, "utf8"))) continue;
  console.error(`${name} has a style attribute in a template`);
  process.exit(1);
}

const sum = (list) => list.reduce((total, file) => total + file.size, 0);
const first = sum(files.filter(isFirst));
const code = sum(files.filter(({ name }) => /\.(html|js|css)$/.test(name)));
console.log(`first load ${first} bytes of ${FIRST_LIMIT}, all pages ${code} bytes of ${ALL_LIMIT}`);
if (first > FIRST_LIMIT || code > ALL_LIMIT) {
  console.error("over the limit");
  process.exit(1);
}
