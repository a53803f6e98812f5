import { type CryptoKey, importJWK, type JWK } from "jose";

/** Public keys by `kid`. */
export interface KeySource {
  /** The key; undefined when the issuer does not have it. Throws KeysUnavailableError when no key was ever loaded. */
  key(kid: string): Promise<CryptoKey | undefined>;
}

/** The issuer's keys could not be loaded, and none were loaded before. */
export class KeysUnavailableError extends Error {
  override readonly name = "KeysUnavailableError";
}

export interface JwksOptions {
  /** Loads the JWKS document. */
  readonly load: () => Promise<unknown>;
  readonly nowMs: () => number;
  /** How old the keys may be before they are loaded again in the background; 5 min by default. */
  readonly refreshMs?: number;
  /** How long after a load an unknown `kid` may cause another; 10 s by default. */
  readonly refetchMs?: number;
}

const keysMax = 50;

/**
 * The Ed25519 keys of a JWKS. Keys that were loaded once stay when the issuer is away. An unknown `kid` causes at most
 * one load per `refetchMs`, shared by all who wait.
 */
export function jwksKeys(options: JwksOptions): KeySource {
  const { nowMs, refreshMs = 300_000, refetchMs = 10_000 } = options;
  let keys: ReadonlyMap<string, CryptoKey> | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let lastCause: unknown;
  let loading: Promise<void> | undefined;

  function reload(): Promise<void> {
    loading ??= importKeys(options.load)
      .then(
        (loaded) => {
          keys = loaded;
        },
        (cause) => {
          lastCause = cause;
        },
      )
      .finally(() => {
        loading = undefined;
      });
    triedAtMs = nowMs();
    return loading;
  }

  return {
    async key(kid) {
      const found = keys?.get(kid);
      const ageMs = nowMs() - triedAtMs;
      if (found) {
        if (ageMs > refreshMs) void reload();
        return found;
      }
      if (loading) await loading;
      else if (ageMs > (keys ? refetchMs : Math.min(refetchMs, 500))) await reload();
      if (!keys) throw new KeysUnavailableError("the issuer's keys cannot be loaded", { cause: lastCause });
      return keys.get(kid);
    },
  };
}

async function importKeys(load: () => Promise<unknown>): Promise<ReadonlyMap<string, CryptoKey>> {
  const document = (await load()) as { keys?: unknown };
  if (!Array.isArray(document?.keys) || document.keys.length > keysMax)
    throw new Error("not a JWKS document");
  const keys = new Map<string, CryptoKey>();
  for (const jwk of document.keys as JWK[]) {
    if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || typeof jwk.kid !== "string") continue;
    const { kty, crv, x } = jwk;
    keys.set(jwk.kid, (await importJWK({ kty, crv, x } as JWK, "EdDSA")) as CryptoKey);
  }
  return keys;
}
