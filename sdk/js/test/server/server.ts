/** A Hongyan server of the test's own: the built binary on a free port, with a folder of its own. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server as Listener, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINARY = process.env.SERVER_BINARY ?? join(import.meta.dirname, "../../../../target/debug/hongyan");

/** Settings of whoever runs the tests are not the test's. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HONGYAN_")));

export class Server {
  readonly #folder = mkdtempSync(join(tmpdir(), "hongyan-sdk-"));
  readonly #settings: Record<string, string>;
  #process: ChildProcess | null = null;
  url = "";

  /** `settings`: variables for the server alone. */
  constructor(settings: Record<string, string> = {}) {
    this.#settings = settings;
  }

  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const server = new Server(settings);
    await server.run("127.0.0.1:0");
    return server;
  }

  /** Runs it, again perhaps, and waits until it listens. */
  async run(listen = new URL(this.url).host): Promise<void> {
    const options = ["serve", "--demo", "--listen", listen, "--data-dir", this.#folder];
    const child = spawn(BINARY, options, { env: { ...env, ...this.#settings }, stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let said = "";
    this.url = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
      child.stderr.on("data", (data: Buffer) => {
        said += data.toString();
        const found = /listens on (http:\S+)\n/.exec(said);
        if (found?.[1] !== undefined) resolve(found[1]);
      });
    });
  }

  /** Stops it; with SIGKILL, as a power cut would. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  async end(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true });
  }

  /** Copies the database, while the server runs. */
  backup(file: string): void {
    execFileSync(BINARY, ["backup", file, "--data-dir", this.#folder], { env, stdio: ["ignore", "ignore", "pipe"] });
  }

  /** Puts a copy in the place of the database. */
  restore(file: string): void {
    const options = ["restore", file, "--replace", "--data-dir", this.#folder];
    execFileSync(BINARY, options, { env, stdio: ["ignore", "ignore", "pipe"] });
  }

  /** Adds a user, and gives its login name. */
  addUser(login: string, name: string, password: string): string {
    const options = ["user", "add", login, "--name", name, "--data-dir", this.#folder];
    execFileSync(BINARY, options, { env, input: `${password}\n`, stdio: ["pipe", "ignore", "pipe"] });
    return login;
  }

  /** Adds users as whom nobody can sign in, while the server does not run. */
  addCrowd(logins: readonly string[]): void {
    execFileSync("python3", ["-c", INSERT, join(this.#folder, "hongyan.db")], { input: JSON.stringify(logins) });
  }
}

/** Hashing a password for each would take long. */
const INSERT = `
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.executemany("INSERT INTO users (login, name, password_hash, created_at) VALUES (?1, ?1, '*', 0)", [[login] for login in json.load(sys.stdin)])
`;

/** A network between client and server that can swallow everything without a word, or break. */
export class Network {
  readonly #listener: Listener;
  readonly #pairs = new Set<[Socket, Socket]>();
  #freezes = 0;
  #isCut = false;
  url = "";

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async to(url: string): Promise<Network> {
    const { hostname, port } = new URL(url);
    const network = new Network(createServer((inside) => network.#join(inside, connect(Number(port), hostname))));
    await new Promise<void>((resolve) => network.#listener.listen(0, "127.0.0.1", resolve));
    const address = network.#listener.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    network.url = `http://127.0.0.1:${address.port}`;
    return network;
  }

  /** The connections that there are swallow everything from now on, without a word. New ones pass. */
  freeze(): void {
    this.#freezes += 1;
  }

  /** Breaks every connection, and every new one. */
  cut(): void {
    this.#isCut = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
  }

  mend(): void {
    this.#isCut = false;
  }

  end(): void {
    this.cut();
    this.#listener.close();
  }

  #join(inside: Socket, outside: Socket): void {
    const pair: [Socket, Socket] = [inside, outside];
    this.#pairs.add(pair);
    const before = this.#freezes;
    const end = (): void => {
      this.#pairs.delete(pair);
      pair.forEach((socket) => socket.destroy());
    };
    const pass = (from: Socket, to: Socket): void => {
      from.on("error", () => {});
      from.on("close", end);
      from.on("data", (data) => {
        if (this.#freezes === before) to.write(data);
      });
    };
    pass(inside, outside);
    pass(outside, inside);
    if (this.#isCut) end();
  }
}

/** A link to a server that brings so many bytes a second to the client, in small pieces, each of them late. */
export class SlowLink {
  readonly #listener: Listener;
  readonly #sockets = new Set<Socket>();
  /** Bytes that came to the client. */
  brought = 0;
  url = "";

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** All connections share the `rate`, in bytes a second; `roundTrip` is in ms. */
  static async to(url: string, rate: number, roundTrip: number): Promise<SlowLink> {
    const { hostname, port } = new URL(url);
    let freeAt = 0;
    const link = new SlowLink(
      createServer((client) => {
        const server = connect({ port: Number(port), host: hostname });
        for (const socket of [client, server]) {
          link.#sockets.add(socket);
          socket.on("error", () => {});
          socket.on("close", () => [client, server].forEach((one) => one.destroy()));
        }
        client.on("data", (data) => setTimeout(() => server.write(data), roundTrip / 2));
        // Timers may overtake each other by a millisecond; what they bring does not.
        const onTheWay: Buffer[] = [];
        server.on("data", (data: Buffer) => {
          const piece = Math.max(64, Math.ceil(rate / 20));
          for (let from = 0; from < data.length; from += piece) {
            const some = data.subarray(from, from + piece);
            freeAt = Math.max(performance.now(), freeAt) + (some.length / rate) * 1000;
            onTheWay.push(some);
            setTimeout(() => {
              const next = onTheWay.shift();
              link.brought += next?.length ?? 0;
              if (next !== undefined) client.write(next);
            }, freeAt - performance.now() + roundTrip / 2);
          }
          // Nothing more is taken from the server until the link is free again.
          server.pause();
          setTimeout(() => server.resume(), freeAt - performance.now());
        });
      }),
    );
    await new Promise<void>((resolve) => link.#listener.listen(0, "127.0.0.1", resolve));
    const address = link.#listener.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    link.url = `http://127.0.0.1:${address.port}`;
    return link;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
  }
}
