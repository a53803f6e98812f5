import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** What pnpm's lockfile says of a package. */
export interface LockedPackage {
  /** Subresource integrity, as `sha512-<base64>`. */
  readonly integrity?: string;
  /** Its own dependencies as locked, `name@version`, sorted. */
  readonly dependencies: readonly string[];
}

interface Document {
  readonly packages: Readonly<Record<string, { readonly resolution?: { readonly integrity?: string } }>>;
  readonly snapshots: Readonly<Record<string, Snapshot>>;
}

interface Snapshot {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Reads a checkout's pnpm-lock.yaml: each package by `name@version`. */
export function readLockfile(checkout: string): ReadonlyMap<string, LockedPackage> {
  const { packages, snapshots } = parse(readFileSync(join(checkout, "pnpm-lock.yaml"), "utf8")) as Document;
  const locked = new Map<string, { integrity?: string; dependencies: Set<string> }>();
  for (const [name, { resolution }] of Object.entries(packages)) {
    const { integrity } = resolution ?? {};
    locked.set(name, { ...(integrity !== undefined && { integrity }), dependencies: new Set() });
  }
  // A package stands once for each set of peers that it is used with.
  for (const [name, { dependencies, optionalDependencies }] of Object.entries(snapshots)) {
    for (const [of, version] of Object.entries({ ...dependencies, ...optionalDependencies })) {
      locked.get(withoutPeers(name))?.dependencies.add(`${of}@${withoutPeers(version)}`);
    }
  }
  return new Map(
    [...locked].map(([name, one]) => [name, { ...one, dependencies: [...one.dependencies].sort() }]),
  );
}

function withoutPeers(name: string): string {
  return name.replace(/\(.*$/, "");
}
