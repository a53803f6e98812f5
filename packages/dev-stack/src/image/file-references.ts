import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { StackProblem } from "../problem.ts";

/** A file that goes into a bundle as it is; a source (`.ts`) is bundled by itself: a thread's entry. */
export interface BundledFile {
  /** Where it stands now. */
  readonly from: string;
  /** Where it will stand, relative to the bundle, with `/`. */
  readonly to: string;
}

/** A source whose references to files lead into the bundle, and those files. */
export interface Rewritten {
  readonly code: string;
  readonly files: readonly BundledFile[];
}

const reference = /new URL\(\s*"([^"$]+)",\s*import\.meta\.url,?\s*\)/g;

/**
 * Makes `new URL("../migrations/", import.meta.url)` lead to a copy beside the bundle: `migrations/<package>/`. A reference to a
 * package's own root takes with it what the `files` of its package.json name; one to a source leads to its bundle,
 * `<package>-<source>.mjs`.
 *
 * Throws BUNDLE_REFUSED when a source finds files in another way, which nobody could follow.
 */
export function followReferences(checkout: string, path: string, code: string): Rewritten {
  const files: BundledFile[] = [];
  const rewritten = code.replace(reference, (_match, target: string) => {
    const found = filesOf(checkout, path, target);
    files.push(...found.files);
    return `new URL(${JSON.stringify(found.url)}, import.meta.url)`;
  });
  const rest = withoutComments(rewritten).replace(reference, "");
  const line = rest.split("\n").findIndex((text) => text.includes("import.meta"));
  if (line >= 0) throw refused(checkout, path, `line ${line + 1} looks beside itself in an unknown way`);
  return { code: rewritten, files };
}

function filesOf(checkout: string, path: string, target: string) {
  const found = resolve(dirname(path), target);
  const root = packageOf(path);
  const name = root.split(sep).at(-1)!;
  const inPackage = relative(root, found);
  if (inPackage.startsWith("..") || !existsSync(found)) {
    throw refused(checkout, path, `${target} is not a file or folder of its own package`);
  }
  const isFolder = statSync(found).isDirectory();
  if (isFolder !== target.endsWith("/")) {
    throw refused(checkout, path, `${target} must end with "/" when it is a folder, and only then`);
  }
  if (found.endsWith(".ts")) return one(found, `${name}-${basename(found, ".ts")}.mjs`);
  if (!isFolder) return one(found, posix(join(dirname(inPackage), name, found.split(sep).at(-1)!)));
  const folder = posix(join(inPackage, name));
  const roots = inPackage === "" ? shippedBy(checkout, path, root) : [""];
  const files = roots.flatMap((part) => below(root, join(inPackage, part)));
  return {
    url: `./${folder}/`,
    files: files.map((file) => ({
      from: join(root, file),
      to: posix(join(folder, relative(inPackage, file))),
    })),
  };
}

function one(from: string, to: string) {
  return { url: `./${to}`, files: [{ from, to }] };
}

/** Its files relative to the package, sorted. */
function below(root: string, path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
    .map((file) => join(path, file))
    .filter((file) => statSync(join(root, file)).isFile())
    .sort();
}

function shippedBy(checkout: string, path: string, root: string): readonly string[] {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files?: string[] };
  if (files === undefined)
    throw refused(checkout, path, "its package.json does not say in `files` what belongs to it");
  return files;
}

function packageOf(path: string): string {
  let folder = dirname(path);
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

function withoutComments(code: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  return code.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/(^|\s)\/\/.*$/gm, blank);
}

function posix(path: string): string {
  return path.split(sep).join("/");
}

function refused(checkout: string, path: string, what: string): StackProblem {
  return new StackProblem(
    "BUNDLE_REFUSED",
    `${relative(checkout, path)}: ${what}`,
    'Name a file or folder of the package as new URL("../folder/", import.meta.url), with a literal; or take it as an argument.',
  );
}
