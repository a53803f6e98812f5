import type { PublishedKey } from "./key-ring.ts";

/** The JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037). */
export function jwksOf(keys: readonly PublishedKey[]): { keys: Record<string, string>[] } {
  return {
    keys: keys.map((key) => ({
      kty: "OKP",
      crv: "Ed25519",
      alg: "EdDSA",
      use: "sig",
      kid: key.id,
      x: key.publicKey.toString("base64url"),
    })),
  };
}
