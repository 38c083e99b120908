/**
 * A server with thousands of users.
 *
 * Owns: getting them there: written into its database while it does not run, as hashing a password for each takes an hour. The
 * server finds them without keys at its next start, as an older version left them, and makes the keys.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { User } from "./server.ts";

/** Puts users into a server's folder, which nobody has open. Nobody can sign in as one of them. */
export function addCrowd(folder: string, users: readonly User[]): void {
  execFileSync("python3", ["-c", INSERT, join(folder, "hongyan.db")], { input: JSON.stringify(users) });
}

const INSERT = `
import json, sqlite3, sys
users = json.load(sys.stdin)
with sqlite3.connect(sys.argv[1]) as database:
    rows = [(user["login"], user["name"]) for user in users]
    database.executemany("INSERT INTO users (login, name, password_hash, created_at) VALUES (?, ?, '*', 0)", rows)
`;
