/**
 * A server that gets a new release of the app.
 *
 * browser → **releases** → server
 *
 * Owns: a port of its own, and two files of the app as they pass: the page says of which release it is,
 * and from the second release on the service worker's list of files has another name, as with every
 * build. Promises: all else is the server's own. Not here: failures (`network`).
 */
import { createServer, request } from "node:http";
import type { IncomingMessage, Server as Listener, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export class Releases {
  readonly #target: URL;
  readonly #listener: Listener;
  #release = 1;

  private constructor(server: string) {
    this.#target = new URL(server);
    this.#listener = createServer((asked, answer) => this.#pass(asked, answer));
    this.#listener.on("upgrade", (asked: IncomingMessage, inside, head) => {
      const outside = connect(Number(this.#target.port), this.#target.hostname, () => {
        const headers = asked.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
        outside.write([`GET ${asked.url} HTTP/1.1`, ...headers, "", ""].join("\r\n"));
        outside.write(head);
        inside.pipe(outside).pipe(inside);
      });
      inside.on("error", () => outside.destroy());
      outside.on("error", () => inside.destroy());
    });
  }

  static async of(server: string): Promise<Releases> {
    const releases = new Releases(server);
    await new Promise<void>((listening) => releases.#listener.listen(0, "127.0.0.1", listening));
    return releases;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** From now on the server has the next release. */
  next(): void {
    this.#release += 1;
  }

  end(): void {
    this.#listener.close();
    this.#listener.closeAllConnections();
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url, headers } = asked;
    const { hostname, port } = this.#target;
    const change = CHANGES.get(url ?? "");
    const plain = change === undefined ? headers : { ...headers, "accept-encoding": "identity" };
    const passed = request({ hostname, port, path: url, method, headers: plain }, (got) => {
      void this.#answer(got, answer, change);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  }

  async #answer(got: IncomingMessage, answer: ServerResponse, change: Change | undefined): Promise<void> {
    // Without its length and tag, which a change makes wrong.
    const { "content-length": _length, etag: _etag, ...headers } = got.headers;
    if (change === undefined || got.statusCode !== 200) {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    } else {
      answer.writeHead(200, headers);
      answer.end(change(await text(got), this.#release));
    }
  }
}

type Change = (file: string, release: number) => string;

const CHANGES = new Map<string, Change>([
  ["/", (page, release) => page.replace("</title>", `</title><meta name="release" content="${release}">`)],
  ["/service-worker.js", (worker, release) => worker.replace(/["'`][0-9a-f]{16}["'`]/, (build) => build.slice(0, -3) + release + build.slice(-3))],
]);
