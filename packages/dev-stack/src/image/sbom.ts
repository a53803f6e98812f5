import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type LockedPackage, readLockfile } from "./lockfile.ts";
import type { Release } from "./release.ts";

/** A CycloneDX 1.6 document; only what we write of it. */
export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  /** `urn:uuid:…`, made of the content: the same bundle has the same. */
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: SbomComponent };
  readonly components: readonly SbomComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

export interface SbomComponent {
  readonly type: "application" | "library";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly licenses?: readonly SbomLicense[];
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

type SbomLicense =
  | { readonly license: { readonly id: string } | { readonly name: string } }
  | { readonly expression: string };

/** What an SBOM is made of: a bundle before it is written. */
export interface Bundled {
  readonly name: string;
  readonly release: Release;
  /** Relative to the checkout, those that something of went into it. */
  readonly sources: readonly string[];
}

/**
 * Lists what really went into a bundle, as the bundler tells: each package with its version, licence and the integrity that the
 * lockfile holds, and which needs which. Sorted, without times: the same bundle has the same list.
 */
export function sbomOf(checkout: string, { name, release, sources }: Bundled): Sbom {
  const locked = readLockfile(checkout);
  const packages = packagesOf(checkout, sources);
  const components = [...packages.values()].map((one) => componentOf(one, locked.get(keyOf(one))));
  const refs = new Map([...packages].map(([key, one]) => [key, purlOf(one)]));
  const known = (keys: readonly string[]) => keys.flatMap((key) => refs.get(key) ?? []).sort();
  const root = `marketmesh/${name}@${release.version}`;
  const needed = new Set([...packages.keys()].flatMap((key) => locked.get(key)?.dependencies ?? []));
  const content = {
    metadata: { component: { ...ownComponent(name, release), "bom-ref": root } },
    components,
    dependencies: [
      { ref: root, dependsOn: known([...packages.keys()].filter((key) => !needed.has(key))) },
      ...[...refs].map(([key, ref]) => ({ ref, dependsOn: known(locked.get(key)?.dependencies ?? []) })),
    ],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  return { bomFormat: "CycloneDX", specVersion: "1.6", serialNumber, version: 1, ...content };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string | { readonly type?: string };
}

const keyOf = ({ name, version }: Manifest) => `${name}@${version}`;

/** The manifest of each package that a source is of, by `name@version`. */
function packagesOf(checkout: string, sources: readonly string[]): Map<string, Manifest> {
  const folders = new Set(
    sources.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []),
  );
  const manifests = [...folders].map(
    (folder) => JSON.parse(readFileSync(join(checkout, folder, "package.json"), "utf8")) as Manifest,
  );
  const sorted = manifests.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  return new Map(sorted.map((manifest) => [keyOf(manifest), manifest]));
}

function ownComponent(name: string, { version, commit }: Release): Omit<SbomComponent, "bom-ref"> {
  return {
    type: "application",
    group: "marketmesh",
    name,
    version,
    licenses: [{ license: { id: "Apache-2.0" } }],
    properties: [{ name: "marketmesh:commit", value: commit }],
  };
}

function componentOf(manifest: Manifest, locked: LockedPackage | undefined): SbomComponent {
  const [, group, name] = /^(?:(@[^/]+)\/)?(.+)$/.exec(manifest.name)!;
  const licence = licenceOf(manifest);
  const [algorithm, digest] = (locked?.integrity ?? "").split("-", 2);
  return {
    type: "library",
    "bom-ref": purlOf(manifest),
    ...(group !== undefined && { group }),
    name: name!,
    version: manifest.version,
    purl: purlOf(manifest),
    ...(licence && { licenses: [licence] }),
    ...(algorithm === "sha512" && {
      hashes: [{ alg: "SHA-512" as const, content: Buffer.from(digest!, "base64").toString("hex") }],
    }),
  };
}

function licenceOf({ license }: Manifest): SbomLicense | undefined {
  const text = typeof license === "string" ? license : license?.type;
  if (!text) return undefined;
  if (/ (AND|OR|WITH) /.test(text)) return { expression: text };
  return { license: /^[A-Za-z0-9.+-]+$/.test(text) ? { id: text } : { name: text } };
}

/** https://github.com/package-url/purl-spec */
function purlOf({ name, version }: Manifest): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function uuidOf(content: string): string {
  const hash = createHash("sha256").update(content).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
