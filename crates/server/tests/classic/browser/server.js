// A Hongyan server of the test's own: the built binary on a free port and a folder that goes with it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINARY = process.env.SERVER_BINARY ?? "../../../../../target/debug/hongyan";

/** Settings of whoever runs the tests are not the test's. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("HONGYAN_")),
);

export class Server {
  #folder = mkdtempSync(join(tmpdir(), "hongyan-classic-"));
  #process = null;
  url = null;

  static async start() {
    const server = new Server();
    await server.run("127.0.0.1:0");
    return server;
  }

  /** Runs it, again perhaps, and waits until it listens. */
  async run(listen = new URL(this.url).host) {
    const options = ["serve", "--demo", "--listen", listen, "--data-dir", this.#folder];
    this.#process = spawn(BINARY, options, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    this.url = await new Promise((resolve, reject) => {
      this.#process.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
      this.#process.stderr.on("data", (data) => {
        said += data;
        const found = said.match(/listens on (http:\S+)\n/);
        if (found) resolve(found[1]);
      });
    });
  }

  /** Stops it; with SIGKILL, as a power cut would. */
  async stop(signal = "SIGTERM") {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill(signal);
    await gone;
  }

  async end() {
    await this.stop();
    rmSync(this.#folder, { recursive: true });
  }

  addUser(login, name, password) {
    const options = ["user", "add", login, "--name", name, "--data-dir", this.#folder];
    execFileSync(BINARY, options, { env, input: `${password}\n`, stdio: ["pipe", "ignore", "pipe"] });
  }
}

/** A network between browser and server that can swallow everything without a word, as a NAT does that
 * forgot a connection. */
export class Network {
  #listener = null;
  #pairs = new Set();
  #frozen = false;
  url = null;

  static async to(url, connect) {
    const network = new Network();
    const { hostname, port } = new URL(url);
    network.#listener = createServer((inside) => {
      const outside = connect(Number(port), hostname);
      const pair = [inside, outside];
      network.#pairs.add(pair);
      for (const socket of pair) {
        socket.on("error", () => {});
        socket.on("close", () => network.#pairs.delete(pair) && pair.forEach((one) => one.destroy()));
      }
      const pass = (from, to) => from.on("data", (data) => network.#frozen || to.write(data));
      pass(inside, outside);
      pass(outside, inside);
    });
    await new Promise((resolve) => network.#listener.listen(0, "127.0.0.1", resolve));
    network.url = `http://127.0.0.1:${network.#listener.address().port}`;
    return network;
  }

  freeze() {
    this.#frozen = true;
  }

  /** Passes data again; what came in between is gone, and so are the connections that it came on. */
  thaw() {
    this.#frozen = false;
    for (const pair of this.#pairs) pair.forEach((one) => one.destroy());
  }

  end() {
    this.#listener.close();
    for (const pair of this.#pairs) pair.forEach((one) => one.destroy());
  }
}
