import { StackProblem } from "../problem.ts";

const needsCheckout =
  'throw Object.assign(new Error("this command is for the mesh of a checkout"), { name: "UsageError" });';

/** What a dependency would load at run time and we never want, by the name it is imported by: what stands in its place. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  // graphile-worker looks for a configuration file around the working directory; ours are arguments.
  cosmiconfig: "export const cosmiconfigSync = () => ({ search: () => null });",
  // An optional native driver that is not installed: pg asks for it only when `pg.native` is touched.
  "pg-native": 'throw new Error("pg-native is left out");',
  // The mesh of a checkout, which an image does not have: commands that are about it say so.
  "@marketmesh/dev-stack": needsCheckout,
  "@marketmesh/dev-stack/backup": needsCheckout,
  // A native engine of 60 MB, for Parquet alone.
  "@duckdb/node-api":
    'throw Object.assign(new Error("Parquet is written in a checkout, not in an image: take --format ndjson"), { name: "UsageError" });',
};

/** Sources of dependencies that look beside themselves in code that we never reach. */
const UNREACHED: readonly RegExp[] = [
  // Their own protos, for Channelz and ORCA services that nobody here adds to a server.
  /@grpc\/grpc-js\/build\/src\/(channelz|orca)\.js$/,
  // Only defines `__require`; see bundledRequires.
  /\/_virtual\/_rolldown\/runtime\.mjs$/,
];

/** Modules that get CommonJS modules by a `require` of their own making (rolldown's), which a bundler does not see. */
export const OWN_REQUIRES: RegExp = /\/node_modules\/@opentelemetry\/otlp-grpc-exporter-base\/.*\.mjs$/;

/** Modules that load one file beside themselves, by `new URL(file, import.meta.url)`: it goes beside the bundle, flat as they do. */
export const FILE_BESIDE: readonly { readonly module: RegExp; readonly file: string }[] = [
  // HiGHS, which solves allocations whose limits make them hard; loaded when one asks for it.
  { module: /\/highs\/build\/highs\.mjs$/, file: "highs.wasm" },
];

/** Makes such requires ones that a bundler sees. */
export function bundledRequires(code: string): string {
  return code.replace(/\b__require\((?=")/g, "require(");
}

const looksAround =
  /import\.meta\.(url|dirname|filename|resolve)|\b__dirname\b|\b__filename\b|\b__require\("/;

/** Throws BUNDLE_REFUSED when a dependency would look for files or modules that are not in the bundle. */
export function checkDependency(path: string, code: string): void {
  if (UNREACHED.some((known) => known.test(path)) || OWN_REQUIRES.test(path)) return;
  if (FILE_BESIDE.some(({ module }) => module.test(path))) return;
  if (!looksAround.test(code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, ""))) return;
  throw new StackProblem(
    "BUNDLE_REFUSED",
    `${path} looks for files beside itself`,
    "See what it reads: leave it out in packages/dev-stack/src/image/third-party.ts, or state there why it is never reached.",
  );
}
