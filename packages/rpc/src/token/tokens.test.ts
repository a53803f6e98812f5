import { createSigningKey, sign } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import { cachedTokens } from "../mesh/token-source.ts";
import { jwksKeys, KeysUnavailableError } from "./key-source.ts";
import { tokenVerifier } from "./verifier.ts";

test("an unknown key id makes one load at a time, and not again too soon", async () => {
  let nowMs = 0;
  let loads = 0;
  const [first, second] = [await createSigningKey(), await createSigningKey()];
  const served = [first.jwk];
  const keys = jwksKeys({
    nowMs: () => nowMs,
    load: async () => {
      loads += 1;
      return { keys: served };
    },
  });
  await Promise.all([keys.key(first.kid), keys.key(first.kid), keys.key("nobody")]);
  expect(loads).toBe(1);
  expect(await keys.key(second.kid)).toBeUndefined();
  served.push(second.jwk);
  expect(await keys.key(second.kid)).toBeUndefined();
  expect(loads).toBe(1);
  nowMs += 10_001;
  const found = await Promise.all([keys.key(second.kid), keys.key(second.kid)]);
  expect(found.every((key) => key !== undefined)).toBe(true);
  expect(loads).toBe(2);
});

test("keys that were loaded survive the issuer's absence; without any it is unavailable", async () => {
  let nowMs = 0;
  let away = false;
  const key = await createSigningKey();
  const load = async () => {
    if (away) throw new Error("away");
    return { keys: [key.jwk] };
  };
  const keys = jwksKeys({ nowMs: () => nowMs, load });
  expect(await keys.key(key.kid)).toBeDefined();
  away = true;
  nowMs += 3_600_000;
  expect(await keys.key(key.kid)).toBeDefined();
  expect(await keys.key("other")).toBeUndefined();
  await expect(jwksKeys({ nowMs: () => nowMs, load }).key(key.kid)).rejects.toThrow(KeysUnavailableError);
});

test("keys of other algorithms are not taken from a JWKS", async () => {
  const rsa = await createSigningKey("RS256");
  const keys = jwksKeys({ nowMs: () => 0, load: async () => ({ keys: [rsa.jwk] }) });
  expect(await keys.key(rsa.kid)).toBeUndefined();
});

test("a verified token is remembered until it ends, within a bound", async () => {
  const key = await createSigningKey();
  let nowMs = Date.now();
  let asked = 0;
  const source = jwksKeys({ nowMs: () => 0, load: async () => ({ keys: [key.jwk] }) });
  const keys = {
    key: (kid: string) => {
      asked += 1;
      return source.key(kid);
    },
  };
  const verifier = tokenVerifier({ keys, nowMs: () => nowMs, rememberMax: 2 });
  const token = await sign(key, { market: "berlin", expiresInS: 60 });
  expect(await verifier.verify(token)).toMatchObject({
    ok: true,
    token: { reach: "MARKET", market: "berlin" },
  });
  expect(await verifier.verify(token)).toMatchObject({ ok: true });
  expect(asked).toBe(1);
  for (const principal of ["users/a", "users/b"]) await verifier.verify(await sign(key, { principal }));
  expect(verifier.known(token)).toBeUndefined();
  await verifier.verify(token);
  nowMs += 66_000;
  expect(verifier.known(token)).toBeUndefined();
  expect(await verifier.verify(token)).toMatchObject({ ok: false, problem: "EXPIRED" });
});

test.each([
  [{ reach: "PARTY", market: "berlin" } as const],
  [{ reach: "MARKET" } as const],
  [{ reach: "PLATFORM", market: "berlin" } as const],
  [{ reach: "PLATFORM", party: "p" } as const],
])("claims that contradict each other are refused: %j", async (claims) => {
  const key = await createSigningKey();
  const keys = jwksKeys({ nowMs: () => 0, load: async () => ({ keys: [key.jwk] }) });
  const verifier = tokenVerifier({ keys, nowMs: Date.now });
  expect(await verifier.verify(await sign(key, claims))).toMatchObject({ ok: false, problem: "INVALID" });
});

test("a token is renewed before it ends, without anybody waiting, and kept when the issuer is away", async () => {
  let nowMs = 0;
  let issued = 0;
  let away = false;
  const tokens = cachedTokens(
    async (audience) => {
      if (away) throw new Error("away");
      issued += 1;
      return { token: `${audience}-${issued}`, expiresAtMs: nowMs + 1_000 };
    },
    () => nowMs,
  );
  expect(await Promise.all([tokens.token("catalog"), tokens.token("catalog")])).toEqual([
    "catalog-1",
    "catalog-1",
  ]);
  nowMs = 799;
  expect(tokens.token("catalog")).toBe("catalog-1");
  away = true;
  nowMs = 801;
  expect(tokens.token("catalog")).toBe("catalog-1");
  await expect.poll(() => tokens.token("catalog")).toBe("catalog-1");
  nowMs = 1_001;
  await expect(Promise.resolve(tokens.token("catalog"))).rejects.toThrow("away");
  away = false;
  expect(await tokens.token("catalog")).toBe("catalog-2");
});
