import { errors, jwtVerify } from "jose";
import { claimsOf, type VerifiedToken } from "./claims.ts";
import { type KeySource, KeysUnavailableError } from "./key-source.ts";

export type Verdict =
  | { readonly ok: true; readonly token: VerifiedToken }
  | {
      readonly ok: false;
      readonly problem: "INVALID" | "EXPIRED" | "KEYS_UNAVAILABLE";
      readonly cause?: unknown;
    };

/** Checks signature, algorithm and expiry; the audience is the caller's to check. */
export interface TokenVerifier {
  /** A token that was verified before and still lives, without waiting. */
  known(token: string): VerifiedToken | undefined;
  verify(token: string): Promise<Verdict>;
}

export interface VerifierOptions {
  readonly keys: KeySource;
  readonly nowMs: () => number;
  /** How many verified tokens are remembered; the longest unused is forgotten first. 10,000 by default. */
  readonly rememberMax?: number;
}

const tokenLengthMax = 16_384;
const clockSkewMs = 5_000;

/** A verifier of EdDSA JWTs that remembers what it verified until it expires: a signature costs 200 us, a look-up 1. */
export function tokenVerifier(options: VerifierOptions): TokenVerifier {
  const { keys, nowMs, rememberMax = 10_000 } = options;
  const remembered = new Map<string, VerifiedToken>();

  function known(token: string): VerifiedToken | undefined {
    const found = remembered.get(token);
    if (!found) return undefined;
    remembered.delete(token);
    if (found.expiresAtMs + clockSkewMs <= nowMs()) return undefined;
    remembered.set(token, found);
    return found;
  }

  async function verify(token: string): Promise<Verdict> {
    const found = known(token);
    if (found) return { ok: true, token: found };
    if (token.length > tokenLengthMax) return { ok: false, problem: "INVALID" };
    const verdict = await verifySignature(token, keys, nowMs());
    if (verdict.ok) {
      remembered.set(token, verdict.token);
      if (remembered.size > rememberMax) remembered.delete(remembered.keys().next().value as string);
    }
    return verdict;
  }

  return { known, verify };
}

async function verifySignature(token: string, keys: KeySource, nowMs: number): Promise<Verdict> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = kid === undefined ? undefined : await keys.key(kid);
        if (!key) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      { algorithms: ["EdDSA"], currentDate: new Date(nowMs), clockTolerance: clockSkewMs / 1000 },
    );
    const claims = claimsOf(token, payload);
    return claims ? { ok: true, token: claims } : { ok: false, problem: "INVALID" };
  } catch (cause) {
    if (cause instanceof KeysUnavailableError) return { ok: false, problem: "KEYS_UNAVAILABLE", cause };
    return { ok: false, problem: cause instanceof errors.JWTExpired ? "EXPIRED" : "INVALID", cause };
  }
}
