import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packWords } from "./pack-words.ts";

/** Packages that hold what the product is: deterministic, and free of I/O, clock and randomness. */
export const PURE_PACKAGES = [
  "rules",
  "listing-index",
  "ranking",
  "allocation-engine",
  "simulator",
  "workflow-engine",
] as const;

/** An entry point of its own, which starts threads; what they compute is as pure as the rest. */
const THREADS = "packages/allocation-engine/src/parallel/";

const FORBIDDEN_IN_PURE: readonly [RegExp, string][] = [
  [/from "node:(?!assert)[^"]+"|import\("node:/, "imports a Node module"],
  [/from "(postgres|nats|drizzle-orm|@connectrpc\/[^"]+|pg)"/, "imports I/O"],
  [
    /from "@marketmesh\/(?!rules|listing-index|ranking|allocation-engine|simulator|workflow-engine)[^"]+"/,
    "imports a package that is not pure",
  ],
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, "reads a clock"],
  [/\bMath\.random\(|\bcrypto\.(randomUUID|getRandomValues)\(/, "draws randomness"],
  [/\bfetch\(|\bprocess\.env\b/, "does I/O"],
];

/**
 * Checks what the architecture forbids and a compiler does not see: a service or engine that names a pack's kind or
 * attribute, a service that imports another, a pure package that does I/O. Answers with one line for each breach.
 */
export function checkBoundaries(checkout: string): string[] {
  const problems: string[] = [];
  const words = packWords(join(checkout, "packages", "markets"));
  const services = foldersOf(join(checkout, "services"));
  for (const service of services) {
    for (const file of sourcesOf(checkout, `services/${service}`)) {
      problems.push(...namesPack(file, words), ...importsService(file, service, services));
    }
  }
  for (const name of PURE_PACKAGES) {
    for (const file of sourcesOf(checkout, `packages/${name}`)) {
      problems.push(...namesPack(file, words), ...breaksPurity(file));
    }
  }
  return problems;
}

interface Source {
  readonly path: string;
  readonly code: string;
}

/** A pack's word as a whole string, or as a property; comments may use it in an example. */
function namesPack(file: Source, words: ReadonlySet<string>): string[] {
  const literals = new Set([...file.code.matchAll(/["'`]([A-Za-z_][\w-]*)["'`]/g)].map((match) => match[1]!));
  const properties = new Set([...file.code.matchAll(/\.([A-Za-z_]\w*)/g)].map((match) => match[1]!));
  // One plain word, such as `skills`, may well be a property of ours; one of several parts is not by chance.
  const isNamed = (word: string) =>
    literals.has(word) || (/[_-]/.test(word) && (properties.has(word) || properties.has(camelCase(word))));
  const hits = [...words].filter(isNamed);
  return hits.map((word) => `${file.path}: names "${word}", which belongs to a market pack`);
}

function camelCase(word: string): string {
  return word.replace(/[_-]([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function importsService(file: Source, service: string, services: readonly string[]): string[] {
  const others = services.filter((other) => other !== service);
  const imports = [...file.code.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
  const breach = imports.find((path) =>
    others.some(
      (other) =>
        path.includes(`services/${other}`) ||
        path.includes(`../${other}/src`) ||
        path === `@marketmesh/${other}`,
    ),
  );
  return breach ? [`${file.path}: imports ${breach}; services meet in proto/`] : [];
}

function breaksPurity({ path, code }: Source): string[] {
  const judged = path.startsWith(THREADS)
    ? code.replaceAll(/from "node:(worker_threads|events)"/g, "")
    : code;
  return FORBIDDEN_IN_PURE.filter(([sign]) => sign.test(judged)).map(([, what]) => `${path}: ${what}`);
}

/** The sources of a package without its tests, comments blanked. */
function sourcesOf(checkout: string, folder: string): Source[] {
  const root = join(checkout, folder, "src");
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.startsWith("testing/"))
    .map((path) => ({
      path: `${folder}/src/${path}`,
      code: withoutComments(readFileSync(join(root, path), "utf8")),
    }));
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function foldersOf(parent: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
