/** Somebody with a client, who writes down everything that the client tells. */
import { WebSocket } from "ws";
import { Client, login } from "../../src/index.ts";
import type { ClientOptions, ConnectionState, Entry, SendUpdate } from "../../src/index.ts";
import type { WebSocketClass } from "../../src/engine/link.ts";

/** Everybody's. */
export const PASSWORD = "correct horse";

export class Person {
  readonly client: Client;
  readonly entries: Entry[] = [];
  readonly sends: SendUpdate[] = [];
  readonly states: ConnectionState[] = [];

  static async signIn(url: string, name: string, options: Partial<ClientOptions> = {}, password = PASSWORD): Promise<Person> {
    const { token } = await login({ server: url, login: name, password, device: options.account ?? "test" });
    return Person.open({ server: url, ...(token === undefined ? {} : { token }), ...options });
  }

  static async open(options: ClientOptions): Promise<Person> {
    const client = await Client.open({ webSocket: WebSocket as unknown as WebSocketClass, ...options });
    return new Person(client);
  }

  private constructor(client: Client) {
    this.client = client;
    client.on("entry", (entry) => this.entries.push(entry));
    client.on("send", (update) => this.sends.push(update));
    client.on("connection", (state) => this.states.push(state));
  }

  /** The texts of a conversation as it stands, from what was told alone. */
  get texts(): string[] {
    return this.entries.flatMap(({ kind, body }) => (kind === "message" && body?.text !== undefined ? [body.text] : []));
  }

  get isCaughtUp(): boolean {
    const { connection } = this.client;
    return connection.kind === "online" && connection.caughtUp;
  }

  get id(): number {
    const { me } = this.client;
    if (me === null) throw new Error("nobody yet");
    return me.id;
  }
}
