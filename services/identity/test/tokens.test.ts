import { createHash } from "node:crypto";
import { startServices } from "@marketmesh/testkit";
import { createLocalJWKSet, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { applyBootstrap } from "../src/bootstrap/apply-bootstrap.ts";
import { parseBootstrap } from "../src/bootstrap/bootstrap-file.ts";
import { bindIdentity } from "../src/service.ts";
import { signedByIdentity } from "./signed-by-identity.ts";
import {
  hashOf,
  type IdentityUnderTest,
  masterKey,
  operatorKey,
  refused,
  startIdentity,
} from "./start-identity.ts";

let identity: IdentityUnderTest;

const lines: string[] = [];

beforeAll(async () => {
  vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  identity = await startIdentity({ LOG_LEVEL: "debug" });
});
afterAll(async () => {
  await identity?.[Symbol.asyncDispose]();
  vi.restoreAllMocks();
});

async function jwks() {
  const response = await fetch(`${identity.url}/.well-known/jwks.json`);
  expect(response.headers.get("cache-control")).toBe("public, max-age=300");
  return (await response.json()) as { keys: { kid: string; x: string }[] };
}

test("the JWKS verifies what identity signs, and shows no private part", async () => {
  const document = await jwks();
  expect(document.keys).toHaveLength(1);
  expect(Object.keys(document.keys[0] ?? {}).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
  const token = await identity.tokenOf(operatorKey);
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(document), {
    algorithms: ["EdDSA"],
  });
  expect(payload.sub).toBe("serviceAccounts/operator");
  expect(protectedHeader.kid).toBe(document.keys[0]?.kid);
  const { signingKeys } = await identity.tokens.listSigningKeys({});
  expect(signingKeys.map((key) => [key.keyId, Buffer.from(key.publicKey).toString("base64url")])).toEqual(
    document.keys.map((key) => [key.kid, key.x]),
  );
});

test("forged and expired tokens are refused", async () => {
  const kid = (await jwks()).keys[0]?.kid ?? "";
  const { privateKey } = await generateKeyPair("EdDSA");
  const forged = await new SignJWT({
    sub: "serviceAccounts/operator",
    aud: "marketmesh",
    reach: "PLATFORM",
    perms: ["*"],
  })
    .setProtectedHeader({ alg: "EdDSA", kid })
    .setExpirationTime("5m")
    .sign(privateKey);
  await refused(identity.as(forged).listMarkets({}), "Unauthenticated", "TOKEN_INVALID");
  const claims = { sub: "serviceAccounts/operator", reach: "PLATFORM", perms: ["*"] };
  const expired = await signedByIdentity(identity, claims, new Date(Date.now() - 60_000));
  await refused(identity.as(expired).listMarkets({}), "Unauthenticated", "TOKEN_EXPIRED");
  const good = await signedByIdentity(identity, claims);
  expect((await identity.as(good).listMarkets({})).markets).toEqual([]);
});

test("applying the bootstrap again changes nothing; a new key replaces the old", async () => {
  const { database } = identity;
  const shell = { database, now: () => new Date(), uuid: () => crypto.randomUUID() };
  const count = async () => (await identity.operator.listAuditEntries({})).auditEntries.length;
  const before = await count();
  const first = "mmk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA";
  const second = "mmk_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA";
  const fileWith = (secret: string) =>
    parseBootstrap([{ principal: "serviceAccounts/extra", keySha256: hashOf(secret), roles: ["service"] }]);
  await applyBootstrap(shell, fileWith(first));
  const applied = await count();
  expect(applied).toBe(before + 3);
  await applyBootstrap(shell, fileWith(first));
  expect(await count()).toBe(applied);
  expect(await identity.tokenOf(first)).toBeTruthy();
  await applyBootstrap(shell, fileWith(second));
  await refused(identity.tokenOf(first), "Unauthenticated", "CREDENTIAL_INVALID");
  expect(await identity.tokenOf(second)).toBeTruthy();
});

test("a bootstrap file that is wrong says where, not what", () => {
  const keySha256 = createHash("sha256").update("x").digest("hex");
  const entry = { principal: "serviceAccounts/x", keySha256, roles: ["operator"] };
  const wrong: [unknown, RegExp][] = [
    [{}, /must be a JSON list/],
    [[entry, null], /entry 1 must be an object/],
    [[{ ...entry, principal: "markets/berlin/serviceAccounts/x" }], /entry 0: principal/],
    [[{ ...entry, keySha256: operatorKey }], /keySha256 must be 64/],
    [[{ ...entry, roles: ["marketAdmin"] }], /platform reach/],
  ];
  for (const [document, message] of wrong) expect(() => parseBootstrap(document)).toThrow(message);
  expect(() => parseBootstrap([{ ...entry, keySha256: operatorKey }])).not.toThrow(operatorKey);
});

test("a wrong master key does not start", async () => {
  const started = startServices([
    { name: "identity", bind: bindIdentity, env: { IDENTITY_MASTER_KEY: "abc" } },
  ]);
  await expect(started).rejects.toThrow("IDENTITY_MASTER_KEY must be 64 hexadecimal characters");
});

test("no log line holds a secret, a token or a name of a person, whatever goes wrong", async () => {
  const { admin, adminToken, name } = await identity.market("berlin");
  await admin.createParty({ parent: name, partyId: "grace", party: { displayName: "Grace Hopper" } });
  await refused(
    admin.createParty({ parent: name, partyId: "grace", party: { displayName: "Grace Hopper" } }),
    "AlreadyExists",
    "PARTY_ALREADY_EXISTS",
  );
  await refused(identity.tokenOf(`${operatorKey}x`), "Unauthenticated", "CREDENTIAL_INVALID");
  const log = lines.join("");
  expect(log).toContain('"service":"identity"');
  for (const secret of [operatorKey, adminToken, masterKey, "mmk_", "Grace Hopper"])
    expect(log).not.toContain(secret);
});
