import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Folder } from "./hcl.ts";
import { terraformRoot } from "./hcl.ts";
import { runGroup } from "./process-group.ts";
import { type Provider, pluginDirectory, providersAtHand } from "./providers.ts";
import { serveSchema } from "./schema-provider.ts";
import { providersUsed } from "./wiring.ts";

/** What Terraform can be asked about folders here. */
export interface Check {
  /** Where it runs. */
  readonly path: string;
  /** Modules whose tests run there together, in one run of Terraform: a provider takes seconds to be read. */
  readonly together: readonly string[];
  /** The test's name: what is checked, and against what. */
  readonly title: string;
  /** Why nothing can be asked; the title ends with it. */
  readonly left?: true;
  /** How many `run` blocks it has; 0 for a folder that is only validated. */
  readonly runs: number;
  /** Whether it installs charts. */
  readonly hasReleases: boolean;
}

export const terraform = findTerraform();
const plugins = pluginDirectory();
const atHand = providersAtHand(plugins);

/** The checks worth a run of Terraform: an environment each, and all modules of a provider that have tests. The other modules are part of those. */
export function checksOf(
  folders: ReadonlyMap<string, Folder>,
  wanted: (providers: ReadonlySet<string>) => boolean,
): Check[] {
  const paths = [...folders.keys()].filter((path) => wanted(providersUsed(folders.get(path)!, folders)));
  const environments = paths.filter((path) => path.startsWith("environments/"));
  const tested = paths.filter((path) => path.startsWith("modules/") && runsOf(path) > 0);
  const byCloud = Map.groupBy(tested, (path) => cloudOf(providersUsed(folders.get(path)!, folders)));
  return [
    ...environments.map((path) => checkOf(path, [path], folders)),
    ...[...byCloud].map(([cloud, modules]) => checkOf(`together/${cloud}`, modules, folders)),
  ];
}

function cloudOf(providers: ReadonlySet<string>): string {
  return ["aws", "google"].find((name) => providers.has(name)) ?? [...providers].sort().join("-");
}

function checkOf(path: string, of: readonly string[], folders: ReadonlyMap<string, Folder>): Check {
  const used = new Set(of.flatMap((folder) => [...providersUsed(folders.get(folder)!, folders)]));
  return {
    path,
    together: path === of[0] ? [] : of,
    runs: of.reduce((sum, folder) => sum + runsOf(folder), 0),
    hasReleases: used.has("helm"),
    ...titleOf(of.join(", "), [...used].sort()),
  };
}

function runsOf(path: string): number {
  return testFilesOf(path).reduce((sum, text) => sum + [...text.matchAll(runBlock)].length, 0);
}

const runBlock = /^run "[^"]+" \{$/gm;

function testFilesOf(path: string): string[] {
  const directory = join(terraformRoot, path, "tests");
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((file) => readFileSync(join(directory, file), "utf8"));
}

function titleOf(path: string, used: readonly string[]): { title: string; left?: true } {
  if (!terraform) return { title: `${path}: left out, terraform is not on PATH`, left: true };
  const missing = used.filter((name) => !atHand.has(name));
  if (missing.length > 0) {
    const word = `${path}: validate and test left out, TF_PLUGIN_DIR has no hashicorp/${missing.join(", hashicorp/")}`;
    return { title: word, left: true };
  }
  return {
    title: `${path} is valid by ${used.map((name) => describeProvider(atHand.get(name)!)).join(" and ")}`,
  };
}

function describeProvider({ name, version, kind }: Provider): string {
  if (kind === "program") return `hashicorp/${name} ${version}`;
  return `the published schema of hashicorp/${name} ${version} (the provider is not at hand)`;
}

/** A copy of what Terraform reads, with plugins, so that nothing is ever written to the checkout. */
export interface Workplace extends Disposable {
  readonly root: string;
  /** Runs `terraform` in a folder of `terraform/`; answers what it printed. Throws that when it fails. Ends with the signal, and with this. */
  run(signal: AbortSignal, path: string, ...args: readonly string[]): Promise<string>;
  /** `terraform init`, with the providers that are at hand. */
  init(signal: AbortSignal, path: string): Promise<string>;
  /** Makes a folder whose tests are those of modules. */
  gather(path: string, modules: readonly string[]): void;
}

export async function openWorkplace(): Promise<Workplace> {
  const home = mkdtempSync(join(tmpdir(), "marketmesh-terraform-"));
  const root = join(home, "checkout/terraform");
  const skip = /\/\.terraform(\.lock\.hcl|$|\/)/;
  cpSync(terraformRoot, root, { recursive: true, filter: (source) => !skip.test(source) });
  cpSync(join(terraformRoot, "../deploy/rules"), join(home, "checkout/deploy/rules"), { recursive: true });
  mkdirSync(join(home, "data"));
  writeFileSync(join(home, "cli.tfrc"), "");
  const schemas = [...atHand.values()].filter(({ kind }) => kind === "schema").map(({ name }) => name);
  const served = await Promise.all(schemas.map(serveSchema));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CHECKPOINT_DISABLE: "1",
    TF_IN_AUTOMATION: "1",
    // A provider's schema is megabytes, read once: collecting garbage meanwhile is a third of the time.
    GOGC: "400",
    TF_CLI_CONFIG_FILE: join(home, "cli.tfrc"),
    TF_REATTACH_PROVIDERS: JSON.stringify(Object.assign({}, ...served.map(({ reattach }) => reattach))),
  };
  const closing = new AbortController();
  const run = async (signal: AbortSignal, path: string, ...args: readonly string[]) => {
    const { code, stdout, stderr } = await runGroup(terraform!, args, {
      cwd: join(root, path),
      env: { ...env, TF_DATA_DIR: join(home, "data", path.replaceAll("/", "-")) },
      signal: AbortSignal.any([signal, closing.signal]),
    });
    if (code === 0) return stdout;
    throw new Error(`terraform ${args.join(" ")} in ${path}:\n${`${stdout}\n${stderr}`.slice(-4_000)}`);
  };
  const plugin = `-plugin-dir=${plugins ?? home}`;
  return {
    root,
    run,
    init: (signal, path) => run(signal, path, "init", "-backend=false", "-input=false", "-no-color", plugin),
    gather: (path, modules) => gatherTests(join(root, path), modules),
    [Symbol.dispose]: () => {
      closing.abort();
      for (const provider of served) provider[Symbol.dispose]();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

/** Tests of modules as those of one folder: each run names its module. */
function gatherTests(folder: string, modules: readonly string[]): void {
  mkdirSync(join(folder, "tests"), { recursive: true });
  // A folder without a configuration has no tests.
  writeFileSync(join(folder, "main.tf"), "");
  for (const path of modules)
    for (const [at, text] of testFilesOf(path).entries()) {
      const source = `  module {\n    source = "../../${path}"\n  }`;
      const name = `${path.replaceAll("/", "-")}-${at}.tftest.hcl`;
      writeFileSync(
        join(folder, "tests", name),
        text.replaceAll(runBlock, (line) => `${line}\n${source}\n`),
      );
    }
}

function findTerraform(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "terraform")).find((file) => existsSync(file));
}
