/** The example of the README, run as it stands there, on the package as it is built. */
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Person } from "./person.ts";
import { Server } from "./server.ts";

const ROOT = join(import.meta.dirname, "../..");

test("the example answers", async () => {
  const server = await Server.start();
  const code = /```js\n([^`]*`[^`]*`[^]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1];
  // Inside the package, so that it finds it by its name.
  const file = join(ROOT, "dist/readme.example.mjs");
  writeFileSync(file, code ?? "");
  expect(code?.trim().split("\n").length).toBeLessThanOrEqual(16);
  const person = await Person.signIn(server.url, "zhangsan@gmail.com", {}, "1234");
  const lisi = await person.client.findUser("lisi@gmail.com");
  person.client.send({ to: lisi?.id ?? 0 }, "hello");
  // Stored before the example starts, so that it comes with the sync, which brings the sender's name along.
  await vi.waitFor(() => expect(person.texts).toContain("hello"), { timeout: 20_000 });
  const example = spawn(process.execPath, [file], { env: { ...process.env, HONGYAN_URL: server.url } });
  let said = "";
  example.stdout.on("data", (data: Buffer) => (said += data.toString()));
  example.stderr.on("data", (data: Buffer) => (said += data.toString()));
  try {
    await vi.waitFor(() => expect(person.texts, said).toContain("You said: hello"), { timeout: 20_000 });
    expect(said).toContain("张三: hello");
  } finally {
    await person.client.close();
    example.kill();
    await server.end();
    rmSync(file);
  }
}, 60_000);
