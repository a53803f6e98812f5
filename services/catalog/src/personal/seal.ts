import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { Sealed } from "../domain/import.ts";
import type { JsonObject } from "../domain/json.ts";

const nonceBytes = 12;
const tagBytes = 16;

/** Which listing sealed attributes belong to: they open nowhere else. */
export interface SealedFor {
  readonly market: string;
  readonly listing: string;
}

/** Seals personal attributes with AES-256-GCM under the owner's key (32 bytes); the result is nonce, tag, ciphertext. */
export function seal(key: Buffer, of: SealedFor, personal: JsonObject): Sealed {
  const text = JSON.stringify(personal);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", subkey(key, "seal"), nonce).setAAD(contextOf(of));
  const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return {
    sealed: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]),
    fingerprint: createHmac("sha256", subkey(key, "fingerprint")).update(contextOf(of)).update(text).digest(),
  };
}

/** Opens what `seal` made. Throws when key or listing are others or a byte was changed. */
export function open(key: Buffer, of: SealedFor, sealed: Buffer): JsonObject {
  const decipher = createDecipheriv("aes-256-gcm", subkey(key, "seal"), sealed.subarray(0, nonceBytes))
    .setAAD(contextOf(of))
    .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]);
  return JSON.parse(text.toString("utf8")) as JsonObject;
}

function subkey(key: Buffer, use: "seal" | "fingerprint"): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", `marketmesh catalog ${use}`, 32));
}

function contextOf({ market, listing }: SealedFor): Buffer {
  return Buffer.from(`markets/${market}/listings/${listing}`);
}
