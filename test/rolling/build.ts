import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ServiceEntry } from "@marketmesh/dev-stack/mesh";

/** A version of the services as processes can be started from it. */
export interface Build {
  /** For people: `N-1 (0.2.0)`. */
  readonly name: string;
  /** The folder that a service's process runs in. */
  readonly folder: string;
  readonly node: string;
  /** What Node runs, absolute. */
  mainOf(service: string): string;
}

/** A checkout, run from its sources. */
export function sourceBuild(name: string, folder: string): Build {
  return {
    name,
    folder,
    node: nodeOf(folder),
    mainOf: (service) => join(folder, "services", service, "src", "main.ts"),
  };
}

/** Bundles, one folder for each service. */
export function bundledBuild(name: string, folder: string): Build {
  return { name, folder, node: process.execPath, mainOf: (service) => join(folder, service, "main.mjs") };
}

/** A release brings its own Node where there is a package of it. */
function nodeOf(checkout: string): string {
  const own = join(checkout, "node_modules", ".bin", "node");
  return existsSync(own) ? own : process.execPath;
}

/** What Node itself is told. Three of each service share a test's machine. */
export function nodeOptions({ heapMb }: ServiceEntry): string[] {
  const names = join(import.meta.dirname, "headless-names.ts");
  return ["--import", names, "--max-semi-space-size=8", `--max-old-space-size=${heapMb}`];
}
