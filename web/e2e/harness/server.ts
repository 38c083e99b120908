/**
 * A Hongyan server of the test's own: the built binary, on a free port, over a folder that goes with it.
 *
 * Promises: settings of whoever runs the tests are not the test's; after {@link Server.kill} it comes
 * back on the same port, with what was on its disk. Not here: the network in between (`network`).
 */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BINARY = resolve(process.env["SERVER_BINARY"] ?? "../../target/debug/hongyan");

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HONGYAN_")));

export interface User {
  login: string;
  name: string;
}

/** Everybody's in the tests. */
export const PASSWORD = "a long goose feather";

/** Users on disk: a folder to start servers from, as hashing passwords takes its time. */
export function prepare(users: readonly User[]): string {
  const folder = mkdtempSync(join(tmpdir(), "hongyan-e2e-users-"));
  for (const user of users) addUser(folder, user);
  return folder;
}

function addUser(folder: string, { login, name }: User): void {
  execFileSync(BINARY, ["user", "add", login, "--name", name, "--create", "--data-dir", folder], {
    env,
    input: `${PASSWORD}\n`,
    stdio: ["pipe", "ignore", "pipe"],
  });
}

export class Server {
  readonly #folder = mkdtempSync(join(tmpdir(), "hongyan-e2e-"));
  #process: ChildProcess | null = null;
  #url = "";

  /** Starts one, over a copy of this folder. */
  static async start(template: string): Promise<Server> {
    const server = new Server();
    cpSync(template, server.#folder, { recursive: true });
    await server.#run("127.0.0.1:0");
    return server;
  }

  get url(): string {
    return this.#url;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#stop("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.#run(new URL(this.#url).host);
  }

  /** Ends it and removes what it kept. */
  async end(): Promise<void> {
    await this.#stop("SIGTERM");
    rmSync(this.#folder, { recursive: true });
  }

  /** Copies the database, while the server runs. */
  backup(file: string): void {
    execFileSync(BINARY, ["backup", file, "--data-dir", this.#folder], { env, stdio: ["ignore", "ignore", "pipe"] });
  }

  /** Puts a copy in the place of the database, while no server runs. */
  putBack(file: string): void {
    const options = ["restore", file, "--replace", "--data-dir", this.#folder];
    execFileSync(BINARY, options, { env, stdio: ["ignore", "ignore", "pipe"] });
  }

  addUser(user: User): void {
    addUser(this.#folder, user);
  }

  async #run(listen: string): Promise<void> {
    const started = spawn(BINARY, ["serve", "--listen", listen, "--data-dir", this.#folder], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = started;
    let said = "";
    this.#url = await new Promise<string>((found, reject) => {
      started.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
      started.stderr.on("data", (data: Buffer) => {
        said += data.toString();
        const url = said.match(/listens on (http:\S+)\n/)?.[1];
        if (url !== undefined) found(url);
      });
    });
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await gone;
  }
}
