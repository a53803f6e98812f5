import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type BuildFailure, build, type Metafile, type Plugin } from "esbuild";
import { StackProblem } from "../problem.ts";
import { checkoutDir } from "../state-folder.ts";
import { type BundledFile, followReferences } from "./file-references.ts";
import { type Release, releaseOf } from "./release.ts";
import { sbomOf } from "./sbom.ts";
import { bundledRequires, checkDependency, FILE_BESIDE, LEFT_OUT, OWN_REQUIRES } from "./third-party.ts";

/** A folder that Node runs as it stands: `node main.mjs`. */
export interface Bundle {
  readonly name: string;
  readonly folder: string;
  readonly release: Release;
  /** Relative to the checkout, each source that was looked at, sorted. Not of all of them something went into the bundle. */
  readonly looked: readonly string[];
}

export interface BundleOptions {
  /** The checkout whose service is bundled; this one unless given. Its packages are installed. */
  readonly checkout?: string;
}

// What CommonJS modules ask Node's own modules by; each file of a bundle is a module and has none.
const requireOfNode =
  'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);';

/**
 * Bundles a service, or `cli`, into a folder, which is replaced: `main.mjs`, chunks that it loads on demand, `migrations/`,
 * `release.json` and `sbom.cdx.json`. The same sources give the same bytes in any checkout.
 *
 * Throws SERVICE_UNKNOWN, BUNDLE_REFUSED, BUNDLE_FAILED.
 */
export async function bundleService(
  name: string,
  folder: string,
  { checkout = checkoutDir }: BundleOptions = {},
): Promise<Bundle> {
  const entry = entryOf(name, checkout);
  const { metafile, outputFiles, files } = await buildAll(name, checkout, entry);
  const sources = sourcesIn(metafile);
  for (const path of sources.filter((source) => source.includes("node_modules/"))) {
    checkDependency(path, readFileSync(join(checkout, path), "utf8"));
  }
  const release = releaseOf(checkout);
  const contents = new Map<string, Uint8Array | string>([
    ...outputFiles.map(({ path, contents: bytes }) => [basename(path), bytes] as const),
    ...files.map(({ from, to }) => [to, readFileSync(from)] as const),
    ["release.json", `${JSON.stringify(release)}\n`],
    ["sbom.cdx.json", `${JSON.stringify(sbomOf(checkout, { name, release, sources }), null, 1)}\n`],
  ]);
  replaceFolder(resolve(folder), contents);
  return { name, folder: resolve(folder), release, looked: Object.keys(metafile.inputs).sort() };
}

/** Builds the entry, and then again with the entries of the threads that its sources begin, until there is none that is new. */
async function buildAll(name: string, checkout: string, main: string) {
  const entryPoints: Record<string, string> = { main };
  for (;;) {
    const built = await buildOnce(name, checkout, entryPoints);
    const before = Object.keys(entryPoints).length;
    for (const { from, to } of built.files.filter(isSource)) {
      entryPoints[to.slice(0, -".mjs".length)] = relative(checkout, from);
    }
    if (Object.keys(entryPoints).length > before) continue;
    return { ...built, files: built.files.filter((file) => !isSource(file)) };
  }
}

async function buildOnce(name: string, checkout: string, entryPoints: Readonly<Record<string, string>>) {
  const files = new Map<string, BundledFile>();
  const { metafile, outputFiles } = await build({
    absWorkingDir: checkout,
    entryPoints: { ...entryPoints },
    // Nothing is written by esbuild; where it would be must not tell in its output.
    write: false,
    outdir: join(checkout, "bundle"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node24",
    banner: { js: requireOfNode },
    legalComments: "none",
    metafile: true,
    logLevel: "silent",
    plugins: [sourcesOf(checkout, files), leavesOut()],
  }).catch((cause) => {
    throw buildProblem(name, cause);
  });
  return { metafile, outputFiles, files: [...files.values()] };
}

function isSource({ from }: BundledFile): boolean {
  return from.endsWith(".ts");
}

function entryOf(name: string, checkout: string): string {
  const entry = name === "cli" ? "packages/cli/src/main.ts" : `services/${name}/src/main.ts`;
  if (/^[a-z][a-z0-9-]*$/.test(name) && existsSync(join(checkout, entry))) return entry;
  throw new StackProblem(
    "SERVICE_UNKNOWN",
    `there is no service ${name}`,
    "Name a folder of services/, or cli.",
  );
}

function buildProblem(name: string, cause: unknown): unknown {
  const [first, ...more] = (cause as Partial<BuildFailure>).errors ?? [];
  if (first === undefined) return cause;
  if (first.detail instanceof StackProblem) return first.detail;
  const where = first.location ? `${first.location.file}:${first.location.line}: ` : "";
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  const advice = "Make `npm test` typecheck it; packages may have to be installed again: npm start.";
  return new StackProblem("BUNDLE_FAILED", `${name}: ${where}${first.text}${others}`, advice);
}

function sourcesOf(checkout: string, files: Map<string, BundledFile>): Plugin {
  return {
    name: "sources",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path.includes("/node_modules/")) return undefined;
        const { code, files: found } = followReferences(checkout, path, readFileSync(path, "utf8"));
        for (const file of found) files.set(file.to, file);
        return { contents: code, loader: "ts" };
      });
      onLoad({ filter: OWN_REQUIRES }, ({ path }) => {
        return { contents: bundledRequires(readFileSync(path, "utf8")), loader: "js" };
      });
      for (const { module, file } of FILE_BESIDE) {
        onLoad({ filter: module }, ({ path }) => {
          files.set(file, { from: join(dirname(path), file), to: file });
          return undefined;
        });
      }
    },
  };
}

function leavesOut(): Plugin {
  return {
    name: "left-out",
    setup({ onResolve, onLoad }) {
      const names = new RegExp(`^(${Object.keys(LEFT_OUT).join("|")})$`);
      onResolve({ filter: names }, ({ path }) => ({ path, namespace: "left-out" }));
      onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({ contents: LEFT_OUT[path]! }));
    },
  };
}

function sourcesIn({ outputs }: Metafile): string[] {
  const found = new Set<string>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput > 0 && !path.startsWith("left-out:")) found.add(path);
    }
  }
  return [...found].sort();
}

/** Writes the files beside the folder and then puts them in its place, whole. */
function replaceFolder(folder: string, contents: ReadonlyMap<string, Uint8Array | string>): void {
  const unfinished = `${folder}.${process.pid}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const [path, content] of contents) {
    mkdirSync(dirname(join(unfinished, path)), { recursive: true });
    writeFileSync(join(unfinished, path), content);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}
