import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSigningKey, type SigningKey } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchJson } from "./bounded-fetch.ts";
import { issuerKeys } from "./issuer-keys.ts";

const issuer = "https://login.example";
const minuteMs = 60_000;

/** An issuer whose answers the test sets, and a count of how often it was asked for keys. */
async function setUp() {
  const state = {
    key: await createSigningKey("RS256"),
    away: false,
    loads: 0,
    nowMs: 0,
    named: issuer,
    jwksUri: `${issuer}/jwks`,
  };
  const fetchFake = async (url: string) => {
    if (state.away) throw new Error("away");
    if (url === `${issuer}/.well-known/openid-configuration`)
      return { issuer: state.named, jwks_uri: state.jwksUri };
    state.loads += 1;
    return { keys: [state.key.jwk] };
  };
  const keys = issuerKeys({ fetchJson: fetchFake, nowMs: () => state.nowMs, httpAllowed: false });
  const find = (key: SigningKey) =>
    keys.of(issuer)({ alg: "RS256", kid: key.kid }, { payload: "", signature: "" });
  return { state, find };
}

describe("an issuer's keys", () => {
  test("are loaded once for a while, by however many at once", async () => {
    const { state, find } = await setUp();
    await Promise.all(Array.from({ length: 10 }, () => find(state.key)));
    state.nowMs = 9 * minuteMs;
    await find(state.key);
    expect(state.loads).toBe(1);
    state.nowMs = 11 * minuteMs;
    await find(state.key);
    expect(state.loads).toBe(2);
  });

  test("an unknown kid asks once, not for every forged token", async () => {
    const { state, find } = await setUp();
    await find(state.key);
    state.nowMs = 40_000;
    const old = state.key;
    state.key = await createSigningKey("RS256");
    await find(state.key);
    expect(state.loads).toBe(2);
    for (let n = 0; n < 5; n++) await expect(find(old)).rejects.toThrow();
    expect(state.loads).toBe(2);
  });

  test("outlive the issuer's absence for a day", async () => {
    const { state, find } = await setUp();
    await find(state.key);
    state.away = true;
    state.nowMs = 23 * 60 * minuteMs;
    await find(state.key);
    state.nowMs = 25 * 60 * minuteMs;
    await expect(find(state.key)).rejects.toThrow("cannot be loaded");
  });

  test("are not taken from a document of another issuer or a plain http address", async () => {
    const other = await setUp();
    other.state.named = "https://evil.example";
    await expect(other.find(other.state.key)).rejects.toThrow("cannot be loaded");
    const plain = await setUp();
    plain.state.jwksUri = "http://login.example/jwks";
    await expect(plain.find(plain.state.key)).rejects.toThrow("cannot be loaded");
  });
});

describe("a bounded fetch", () => {
  const server = createServer((request, response) => {
    if (request.url === "/slow") return;
    if (request.url === "/away") response.writeHead(302, { location: "/good" }).end();
    else if (request.url === "/broken") response.writeHead(500).end("secret detail");
    else response.end(JSON.stringify({ text: "x".repeat(request.url === "/large" ? 2_000 : 10) }));
  });
  let base = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const get = (path: string, timeoutMs = 5_000) =>
    fetchJson(`${base}${path}`, { timeoutMs, bytesMax: 1_000 });

  test("reads what is small and refuses the rest", async () => {
    expect(await get("/good")).toEqual({ text: "xxxxxxxxxx" });
    await expect(get("/large")).rejects.toThrow("more than 1000 bytes");
    await expect(get("/away")).rejects.toThrow();
    await expect(get("/broken")).rejects.toThrow(/^answered 500$/);
    await expect(get("/slow", 50)).rejects.toThrow();
  });
});
