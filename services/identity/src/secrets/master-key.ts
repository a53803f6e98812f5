import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** Seals secrets that are kept in the database: AES-256-GCM under IDENTITY_MASTER_KEY. */
export interface MasterKey {
  /** `what` names the secret and its place; the same text opens it again, so a sealed secret can't be moved. */
  seal(secret: Uint8Array, what: string): Buffer;
  /** Throws when it was sealed under another key or for another place, or was altered. */
  open(sealed: Uint8Array, what: string): Buffer;
}

const format = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** From 64 hexadecimal characters. */
export function masterKeyOf(hex: string): MasterKey {
  if (!/^[0-9a-fA-F]{64}$/.test(hex))
    throw new Error("IDENTITY_MASTER_KEY must be 64 hexadecimal characters");
  const key = Buffer.from(hex, "hex");
  return {
    seal(secret, what) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(what));
      const body = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, what) {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== format || bytes.length < 1 + nonceBytes + tagBytes) throw cannotOpen(what);
      const nonce = bytes.subarray(1, 1 + nonceBytes);
      const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(what)).setAuthTag(tag);
      try {
        return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes + tagBytes)), decipher.final()]);
      } catch {
        throw cannotOpen(what);
      }
    },
  };
}

function cannotOpen(what: string): Error {
  return new Error(
    `IDENTITY_MASTER_KEY does not open ${what}: use the key that this database was started with`,
  );
}
