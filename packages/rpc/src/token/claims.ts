import type { Reach } from "../caller.ts";

/** What a verified token says. */
export interface VerifiedToken {
  readonly token: string;
  readonly principal: string;
  readonly audience: string;
  readonly reach: Reach;
  readonly market?: string;
  readonly party?: string;
  readonly permissions: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

const permissionsMax = 500;

/**
 * The claims of a signed payload: `sub`, `aud`, `exp`, `reach`, `mkt`, `pty`, `perms`. Undefined when one is missing,
 * of another type, or contradicts another: a party token without a party must never pass as something wider.
 */
export function claimsOf(token: string, payload: Record<string, unknown>): VerifiedToken | undefined {
  const { sub, aud, exp, reach, mkt, pty, perms } = payload;
  if (typeof sub !== "string" || sub === "" || typeof aud !== "string" || typeof exp !== "number")
    return undefined;
  if (!isPermissions(perms)) return undefined;
  const common = { token, principal: sub, audience: aud, permissions: perms, expiresAtMs: exp * 1000 };
  if (reach === "PLATFORM" && mkt === undefined && pty === undefined) return { ...common, reach };
  if (!isText(mkt)) return undefined;
  if (reach === "MARKET" && pty === undefined) return { ...common, reach, market: mkt };
  if (reach === "PARTY" && isText(pty)) return { ...common, reach, market: mkt, party: pty };
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isPermissions(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.length <= permissionsMax && value.every((item) => typeof item === "string")
  );
}
