import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkoutDir } from "../state-folder.ts";
import type { ServiceEntry } from "../supervisor/service-table.ts";

/** The version of this checkout. */
export function productVersion(): string {
  return (JSON.parse(readFileSync(join(checkoutDir, "package.json"), "utf8")) as { version: string }).version;
}

/** Where a service's migrations are. */
export function migrationsOf(service: ServiceEntry): URL {
  return pathToFileURL(join(checkoutDir, service.main, "..", "..", "migrations", "/"));
}
