/**
 * A network between browser and server that fails as real ones do.
 *
 * browser → **network** → server
 *
 * Owns: a port of its own, and every connection through it. Promises: while it is cut nothing
 * connects; while it is frozen nothing passes and nobody is told. Not here: what the browser believes
 * of its network (`BrowserContext.setOffline`).
 */
import { connect, createServer } from "node:net";
import type { AddressInfo, Server as Listener, Socket } from "node:net";

type State = "passing" | "frozen" | "cut";

export class Network {
  readonly #target: { host: string; port: number };
  readonly #listener: Listener;
  readonly #pairs = new Set<Pair>();
  #state: State = "passing";
  #delay = 0;
  #accepted = 0;

  private constructor(server: string) {
    const { hostname, port } = new URL(server);
    this.#target = { host: hostname, port: Number(port) };
    this.#listener = createServer((inside) => this.#accept(inside));
  }

  static async to(server: string): Promise<Network> {
    const network = new Network(server);
    await new Promise<void>((listening) => network.#listener.listen(0, "127.0.0.1", listening));
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** WebSockets that were ever opened through it. */
  get socketsEver(): number {
    return this.#accepted;
  }

  /** WebSockets that are open through it. */
  get sockets(): number {
    return [...this.#pairs].filter((pair) => pair.isWebSocket).length;
  }

  /** Ends every connection and refuses new ones. */
  cut(): void {
    this.#state = "cut";
    for (const pair of this.#pairs) pair.end();
  }

  /** Swallows everything without a word, as a NAT does that forgot its connections. */
  freeze(): void {
    this.#state = "frozen";
  }

  /** Passes data again. What came while frozen is gone, and so are the connections that it came on. */
  restore(): void {
    for (const pair of this.#pairs) if (pair.lost) pair.end();
    this.#state = "passing";
  }

  /** Lets data in both directions arrive this much later. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** Says this to every client on a WebSocket, as if the server did. Only while the server is silent:
   * it must not come between the parts of a frame. */
  inject(text: string): void {
    this.#injectFrame(TEXT, Buffer.from(text));
  }

  /** Closes every WebSocket with this code, as if the server did; as for {@link inject}. */
  injectClose(code: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#injectFrame(CLOSE, payload);
    // Nothing may come after a close, not even the server's own, which answers the browser's answer.
    for (const pair of this.#pairs) if (pair.isWebSocket) pair.isFinished = true;
  }

  end(): void {
    this.#listener.close();
    for (const pair of this.#pairs) pair.end();
  }

  #accept(inside: Socket): void {
    if (this.#state === "cut") {
      inside.destroy();
      return;
    }
    const pair = new Pair(inside, connect(this.#target.port, this.#target.host));
    this.#pairs.add(pair);
    for (const socket of [pair.inside, pair.outside]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#pairs.delete(pair);
        pair.end();
      });
    }
    pair.inside.on("data", (data: Buffer) => {
      if (data.subarray(0, 10).equals(UPGRADE)) {
        pair.isWebSocket = true;
        this.#accepted += 1;
      }
      this.#pass(pair, pair.outside, data);
    });
    pair.outside.on("data", (data: Buffer) => {
      if (!pair.isFinished) this.#pass(pair, pair.inside, data);
    });
  }

  /** RFC 6455, section 5.2: a whole frame from a server, not masked. */
  #injectFrame(opcode: number, payload: Buffer): void {
    if (payload.length > 125) throw new Error("a longer frame needs a longer header");
    const frame = Buffer.concat([Buffer.from([FINAL | opcode, payload.length]), payload]);
    for (const pair of this.#pairs) if (pair.isWebSocket) pair.inside.write(frame);
  }

  #pass(pair: Pair, to: Socket, data: Buffer): void {
    if (this.#state === "frozen") pair.lost = true;
    else if (this.#delay === 0) to.write(data);
    else setTimeout(() => to.write(data), this.#delay);
  }
}

const FINAL = 0x80;
const TEXT = 1;
const CLOSE = 8;
const UPGRADE = Buffer.from("GET /v1/ws");

class Pair {
  isWebSocket = false;
  /** Data of it was swallowed. */
  lost = false;
  /** The browser was told that the server is done; the server ends it as soon as the browser has agreed. */
  isFinished = false;
  readonly inside: Socket;
  readonly outside: Socket;

  constructor(inside: Socket, outside: Socket) {
    this.inside = inside;
    this.outside = outside;
  }

  end(): void {
    this.inside.destroy();
    this.outside.destroy();
  }
}
