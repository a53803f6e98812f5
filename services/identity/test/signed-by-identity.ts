import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import { masterKeyOf } from "../src/secrets/master-key.ts";
import { loadSigningKeys } from "../src/storage/signing-key-store.ts";
import { type IdentityUnderTest, masterKey } from "./start-identity.ts";

/** A token with any claims, signed as identity signs: for what no role gives. */
export async function signedByIdentity(
  { database }: IdentityUnderTest,
  claims: Readonly<Record<string, unknown>>,
  expireTime = new Date(Date.now() + 300_000),
): Promise<string> {
  const [key] = await database.background((tx) => loadSigningKeys(tx));
  if (!key) throw new Error("identity has no signing key");
  const der = masterKeyOf(masterKey).open(key.sealedPrivateKey, `signing key ${key.id}`);
  return new SignJWT({ aud: "marketmesh", ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: key.id })
    .setIssuedAt()
    .setExpirationTime(expireTime)
    .sign(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}
