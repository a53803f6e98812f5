import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "nats";
import { afterAll, expect, test } from "vitest";
import { loginOptions } from "./broker-login.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-broker-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a user, a password or a token come from the first URL, which is told to nobody with them", () => {
  expect(loginOptions("nats://cat%40log:p:w@one:4222, nats://two:4222")).toEqual({
    servers: ["nats://one:4222", "nats://two:4222"],
    user: "cat@log",
    pass: "p:w",
  });
  expect(loginOptions("nats://secret@one")).toEqual({ servers: ["nats://one"], token: "secret" });
  expect(loginOptions("one:4222")).toEqual({ servers: ["one:4222"] });
});

test("tls:// or a file for TLS make it a must", () => {
  expect(loginOptions("tls://one:4222")).toMatchObject({ tls: {} });
  expect(loginOptions("nats://one:4222", { caFile: "/ca" })).toMatchObject({ tls: { caFile: "/ca" } });
});

test("the seed of an nkey is read for each connection", () => {
  const file = join(folder, "nkey");
  const [first, second] = [nkeys.createUser(), nkeys.createUser()];
  writeFileSync(file, `${Buffer.from(first.getSeed()).toString()}\n`);
  const { authenticator } = loginOptions("nats://one", { nkeyFile: file });
  const login = () => {
    if (typeof authenticator !== "function") throw new Error("one authenticator");
    return authenticator("nonce") as { nkey: string; sig: string };
  };
  expect(login().nkey).toBe(first.getPublicKey());
  writeFileSync(file, Buffer.from(second.getSeed()));
  expect(login().nkey).toBe(second.getPublicKey());
  const signed = Buffer.from(login().sig, "base64url");
  expect(nkeys.fromSeed(second.getSeed()).verify(Buffer.from("nonce"), signed)).toBe(true);
});

test("a file that can't be read is told at once", () => {
  expect(() => loginOptions("nats://one", { credsFile: "/nowhere/creds" })).toThrow("/nowhere/creds");
});
