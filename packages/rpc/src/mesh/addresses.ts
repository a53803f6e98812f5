import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Finds the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** All addresses that the system's resolver knows, in a stable order. */
export const resolveBySystem: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address).sort();
};

/** One place that calls can go to. */
export interface Address {
  /** What requests name: of an https URL its own host, because certificates and gateways go by it. */
  readonly url: string;
  /** The IP address behind it. */
  readonly ip: string;
}

const addressesMax = 256;

/**
 * The addresses behind a target: a list of URLs separated by commas, each expanded to all addresses of its host. Throws
 * when a host cannot be resolved.
 */
export async function expand(target: string, resolve: Resolve): Promise<readonly Address[]> {
  const expanded = await Promise.all(
    target.split(",").map((text) => expandOne(new URL(text.trim()), resolve)),
  );
  const different = new Map(expanded.flat().map((address) => [keyOf(address), address]));
  return [...different.values()].slice(0, addressesMax);
}

/** Tells addresses apart. */
export function keyOf({ url, ip }: Address): string {
  return `${url} ${ip}`;
}

async function expandOne(url: URL, resolve: Resolve): Promise<readonly Address[]> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(hostname) !== 0) return [{ url: url.origin, ip: hostname }];
  const ips = await resolve(hostname);
  if (url.protocol === "https:") return ips.map((ip) => ({ url: url.origin, ip }));
  const port = url.port === "" ? "80" : url.port;
  return ips.map((ip) => ({ url: `http://${isIP(ip) === 6 ? `[${ip}]` : ip}:${port}`, ip }));
}
