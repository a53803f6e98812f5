import { type ClientTlsSource, jwksKeys, type KeySource, loadJwks, tlsDialer } from "@marketmesh/rpc";
import { ConfigError } from "./config.ts";
import type { Env } from "./host.ts";
import { loopbackDialer } from "./tls-loopback.ts";

export const jwksPath = "/.well-known/jwks.json";

/** The key of a target's URL in the environment: `MESH_CATALOG_URL`. */
export function meshKey(target: string): string {
  return `MESH_${target.toUpperCase().replaceAll("-", "_")}_URL`;
}

/** The URL of a target, or several separated by commas. Throws a ConfigError that names the key. */
export function meshUrl(env: Env, target: string): string {
  const key = meshKey(target);
  const value = env[key];
  if (value === undefined || value === "") throw new ConfigError(`${key} is required: the URL of ${target}`);
  for (const part of value.split(",")) {
    if (!/^https?:\/\//.test(part.trim()) || !URL.canParse(part.trim())) {
      throw new ConfigError(
        `${key}: ${JSON.stringify(part)} must be a URL that starts with http:// or https://`,
      );
    }
  }
  return value;
}

/** Identity's keys; a service that serves the JWKS itself verifies by its own. */
export function identityKeys(
  env: Env,
  nowMs: () => number,
  ownUrl: () => string | undefined,
  tls: ClientTlsSource,
): KeySource {
  const dialer = tlsDialer(tls);
  return jwksKeys({
    nowMs,
    load: () => {
      const own = ownUrl();
      const bases = own ?? meshUrl(env, "identity");
      const urls = bases.split(",").map((base) => new URL(jwksPath, base.trim()).href);
      return loadJwks(urls, own === undefined ? dialer : loopbackDialer(tls))();
    },
  });
}
