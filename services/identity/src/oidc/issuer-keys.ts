import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";

/** The public keys of OpenID providers, found by discovery and kept for a while. */
export interface IssuerKeys {
  /** A key by a token's header. Throws IssuerUnreachableError when keys are needed and can't be had. */
  of(issuerUri: string): JWTVerifyGetKey;
}

/** The issuer does not answer, or not as OpenID Connect Discovery 1.0 says. */
export class IssuerUnreachableError extends Error {
  override readonly name = "IssuerUnreachableError";
}

export interface IssuerKeysOptions {
  readonly fetchJson: (url: string) => Promise<unknown>;
  readonly nowMs: () => number;
  /** Whether `http:` is good enough; for tests. */
  readonly httpAllowed: boolean;
}

interface Known {
  readonly keys: JWTVerifyGetKey;
  readonly loadedMs: number;
}

const freshMs = 10 * 60_000;
// Keys that can't be refreshed stay good for a day: a provider's short absence must not lock its users out.
const staleMaxMs = 24 * 3_600_000;
const retryMs = 10_000;
const unknownKeyRetryMs = 30_000;
const issuersMax = 1_000;

export function issuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const known = new Map<string, Known>();
  const triedMs = new Map<string, number>();
  const loading = new Map<string, Promise<void>>();
  const { nowMs } = options;

  function load(issuerUri: string): Promise<void> {
    const running = loading.get(issuerUri);
    if (running) return running;
    remember(triedMs, issuerUri, nowMs());
    const loadedMs = nowMs();
    const started = discover(issuerUri, options)
      .then((keys) => remember(known, issuerUri, { keys, loadedMs }))
      .finally(() => loading.delete(issuerUri));
    loading.set(issuerUri, started);
    return started;
  }

  const mayTry = (issuerUri: string, afterMs: number) =>
    loading.has(issuerUri) || nowMs() - (triedMs.get(issuerUri) ?? Number.NEGATIVE_INFINITY) >= afterMs;

  async function current(issuerUri: string): Promise<Known> {
    const found = known.get(issuerUri);
    if (found && nowMs() - found.loadedMs < freshMs) return found;
    let cause: unknown;
    if (mayTry(issuerUri, retryMs)) await load(issuerUri).catch((failure: unknown) => (cause = failure));
    const loaded = known.get(issuerUri);
    if (loaded && nowMs() - loaded.loadedMs < staleMaxMs) return loaded;
    throw new IssuerUnreachableError("the issuer's keys cannot be loaded", { cause });
  }

  return {
    of: (issuerUri) => async (header, token) => {
      const keys = await current(issuerUri);
      try {
        return await keys.keys(header, token);
      } catch (cause) {
        // The provider may have rotated since: ask once, but not for every forged `kid`.
        if (!mayTry(issuerUri, unknownKeyRetryMs)) throw cause;
        await load(issuerUri).catch(() => {});
        return (known.get(issuerUri) ?? keys).keys(header, token);
      }
    },
  };
}

async function discover(
  issuerUri: string,
  { fetchJson, httpAllowed }: IssuerKeysOptions,
): Promise<JWTVerifyGetKey> {
  const document = (await fetchJson(`${issuerUri.replace(/\/$/, "")}/.well-known/openid-configuration`)) as {
    issuer?: unknown;
    jwks_uri?: unknown;
  } | null;
  if (document?.issuer !== issuerUri) throw new Error("the discovery document names another issuer");
  const uri = document.jwks_uri;
  const secure =
    typeof uri === "string" && (uri.startsWith("https:") || (httpAllowed && uri.startsWith("http:")));
  if (!secure) throw new Error("the discovery document has no https jwks_uri");
  return createLocalJWKSet((await fetchJson(uri)) as JSONWebKeySet);
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > issuersMax) map.delete(map.keys().next().value as string);
}
