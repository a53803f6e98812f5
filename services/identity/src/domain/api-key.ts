import type { Place } from "./names.ts";
import { accept, type Decision, refuse } from "./problem.ts";

export interface ApiKey {
  readonly place: Place;
  readonly id: string;
  /** The service account's id, of the same place. */
  readonly serviceAccount: string;
  readonly displayName: string;
  readonly expireTime: Date | undefined;
  readonly revokeTime: Date | undefined;
  readonly createTime: Date;
}

export type ApiKeyState = "ACTIVE" | "EXPIRED" | "REVOKED";

export function stateOf(key: Pick<ApiKey, "expireTime" | "revokeTime">, now: Date): ApiKeyState {
  if (key.revokeTime) return "REVOKED";
  return key.expireTime && key.expireTime <= now ? "EXPIRED" : "ACTIVE";
}

const yearMs = 365.25 * 24 * 3_600_000;
export const lifeMaxMs = 10 * yearMs;

/** Whether a key may end at this time; absent means never. */
export function judgeExpiry(expireTime: Date | undefined, now: Date): Decision<Date | undefined> {
  const leftMs = expireTime ? expireTime.getTime() - now.getTime() : 1;
  if (leftMs > 0 && leftMs <= lifeMaxMs) return accept(expireTime);
  const field = "api_key.expire_time";
  return refuse("EXPIRE_TIME_INVALID", `${field} must be ahead, by at most 10 years`, { field }, field);
}

// 32 bytes as base64url: the last of 43 characters carries four bits, so only 16 of them can end a secret.
const secretPattern = /^mmk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Whether a text can be a key at all; what can't is refused without asking the database. */
export function looksLikeSecret(text: string): boolean {
  return secretPattern.test(text);
}
