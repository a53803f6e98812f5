import { createHash, randomBytes } from "node:crypto";

/** A new secret: `mmk_` and 32 random bytes as base64url. */
export function newSecret(): string {
  return `mmk_${randomBytes(32).toString("base64url")}`;
}

/** What is kept of a secret. It is random and long, so a plain hash can't be reversed by guessing. */
export function sha256Of(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
