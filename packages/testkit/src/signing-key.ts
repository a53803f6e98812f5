import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from "jose";

/** A fresh Ed25519 key pair: tokens signed by one are forged in the eyes of everybody who trusts another. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** The public key as it stands in a JWKS. */
  readonly jwk: JWK;
}

let count = 0;

export async function createSigningKey(alg: "EdDSA" | "RS256" = "EdDSA"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  count += 1;
  const kid = `test-${process.pid}-${count}`;
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}
