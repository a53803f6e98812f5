import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { migratedDatabase } from "../../test/migrated-database.ts";
import { masterKeyOf } from "../secrets/master-key.ts";
import { loadSigningKeys } from "../storage/signing-key-store.ts";
import { issueToken } from "./access-token.ts";
import { keyRing } from "./key-ring.ts";

const policy = { rotateMs: 3_600_000, publishAheadMs: 600_000, keepMs: 960_000 };
const masterKey = masterKeyOf("01".repeat(32));
const start = Date.parse("2026-11-21T12:00:00Z");

test("replicas that start together make one key and rotate to one next", async () => {
  await using migrated = await migratedDatabase();
  let nowMs = start;
  const parts = {
    ...migrated,
    masterKey,
    policy,
    now: () => new Date(nowMs),
    uuid: () => crypto.randomUUID(),
  };
  const replicas = [keyRing(parts), keyRing(parts), keyRing(parts)];
  const refreshAll = () => Promise.all(replicas.map((ring) => ring.refresh()));
  const published = () => replicas.map((ring) => ring.published().map((key) => key.id));
  const signers = () => new Set(replicas.map((ring) => ring.signer().header));

  expect(() => replicas[0]?.signer()).toThrow("no signing key");
  await refreshAll();
  const [first] = replicas[0]?.published() ?? [];
  expect(published()).toEqual(Array.from({ length: 3 }, () => [first?.id]));
  const firstSigner = signers();
  expect(firstSigner.size).toBe(1);

  nowMs = start + policy.rotateMs - policy.publishAheadMs;
  await refreshAll();
  const both = published()[0];
  expect(both).toHaveLength(2);
  expect(published()).toEqual([both, both, both]);
  expect(signers()).toEqual(firstSigner);

  // The next signs without another refresh: its time was known all along.
  nowMs = start + policy.rotateMs;
  expect(signers()).not.toEqual(firstSigner);
  expect(signers().size).toBe(1);
  nowMs += policy.keepMs - 1;
  expect(published()[0]).toEqual(both);
  nowMs += 1;
  expect(published()[0]).toEqual(both?.slice(1));
  await refreshAll();
  const stored = await migrated.database.background((tx) => loadSigningKeys(tx));
  expect(stored.map((key) => key.id)).toEqual(both?.slice(1));
});

test("a restart reads the same key; another master key can't", async () => {
  await using migrated = await migratedDatabase();
  const parts = {
    ...migrated,
    masterKey,
    policy,
    now: () => new Date(start),
    uuid: () => crypto.randomUUID(),
  };
  const before = keyRing(parts);
  await before.refresh();
  const after = keyRing(parts);
  await after.refresh();
  expect(after.signer().header).toBe(before.signer().header);
  const wrong = keyRing({ ...parts, masterKey: masterKeyOf("02".repeat(32)) });
  await expect(wrong.refresh()).rejects.toThrow("IDENTITY_MASTER_KEY does not open signing key");
  const [stored] = await migrated.database.background((tx) => loadSigningKeys(tx));
  expect(stored?.sealedPrivateKey.includes(Buffer.from("302e020100300506032b657004220420", "hex"))).toBe(
    false,
  );
});

test("a token verifies by the published key and ends with its credential", async () => {
  await using migrated = await migratedDatabase();
  const now = new Date(start);
  const ring = keyRing({ ...migrated, masterKey, policy, now: () => now, uuid: () => "k1" });
  await ring.refresh();
  const rights = {
    reach: "PARTY",
    market: "berlin",
    party: "ada",
    permissions: ["catalog.kinds.read"],
  } as const;
  const credentialExpireTime = new Date(start + 60_500);
  const request = {
    principal: "p",
    audience: "marketmesh",
    rights,
    actor: "a",
    credentialExpireTime,
    id: "j1",
  };
  const { token, expireTime } = issueToken(request, ring.signer(), now);
  expect(expireTime).toEqual(new Date(start + 60_000));
  const [header, payload, signature] = token.split(".") as [string, string, string];
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
    alg: "EdDSA",
    typ: "JWT",
    kid: "k1",
  });
  expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toEqual({
    ...{ iss: "marketmesh", sub: "p", aud: "marketmesh", reach: "PARTY", mkt: "berlin", pty: "ada" },
    ...{ perms: ["catalog.kinds.read"], act: { sub: "a" }, jti: "j1" },
    ...{ iat: start / 1_000, exp: start / 1_000 + 60 },
  });
  const x = ring.published()[0]?.publicKey.toString("base64url") ?? "";
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const signed = Buffer.from(`${header}.${payload}`);
  expect(verify(null, signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
});
