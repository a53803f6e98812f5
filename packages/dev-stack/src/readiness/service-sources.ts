import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A source file of a service, comments blanked. */
export interface ServiceSource {
  /** Relative to the checkout. */
  readonly path: string;
  readonly code: string;
}

/** What a service runs: its sources without tests and what only tests use. */
export function serviceSources(checkout: string, service: string): ServiceSource[] {
  const root = join(checkout, "services", service, "src");
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.startsWith("testing/"))
    .sort()
    .map((path) => ({
      path: `services/${service}/src/${path}`,
      code: withoutComments(readFileSync(join(root, path), "utf8")),
    }));
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** The services that a service calls, as its code says by `host.mesh(...)`. */
export function calledServices(checkout: string, service: string): string[] {
  const calls = serviceSources(checkout, service).flatMap(({ code }) => [
    ...code.matchAll(/\.mesh\(\s*(\w+)Service\b(?:,\s*\{\s*target:\s*"(\w+)")?/g),
  ]);
  const names = calls.map(([, contract = "", target]) => target ?? contract.toLowerCase());
  return [...new Set(names)].filter((name) => name !== service).sort();
}

/** The services whose feeds a service hears. */
export function heardServices(checkout: string, service: string): string[] {
  const heard = serviceSources(checkout, service).flatMap(({ code }) => [
    ...code.matchAll(/\bservice:\s*"(\w+)"/g),
  ]);
  const followsListings = serviceSources(checkout, service).some(({ code }) =>
    code.includes("followListings("),
  );
  const names = [...heard.map(([, name = ""]) => name), ...(followsListings ? ["catalog"] : [])];
  return [...new Set(names)].filter((name) => name !== service).sort();
}
