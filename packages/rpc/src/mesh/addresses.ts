import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Finds the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** All addresses that the system's resolver knows, in a stable order. */
export const resolveBySystem: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address).sort();
};

const addressesMax = 256;

/**
 * The base URLs behind a target: a list of URLs separated by commas, each expanded to all addresses of its host. Throws
 * when a host cannot be resolved.
 */
export async function expand(target: string, resolve: Resolve): Promise<readonly string[]> {
  const expanded = await Promise.all(
    target.split(",").map((text) => expandOne(new URL(text.trim()), resolve)),
  );
  return [...new Set(expanded.flat())].slice(0, addressesMax);
}

async function expandOne(url: URL, resolve: Resolve): Promise<readonly string[]> {
  // A certificate names the host, so TLS keeps it.
  if (url.protocol === "https:" || isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0) return [url.origin];
  const port = url.port === "" ? "80" : url.port;
  const addresses = await resolve(url.hostname);
  return addresses.map((address) => `http://${isIP(address) === 6 ? `[${address}]` : address}:${port}`);
}
