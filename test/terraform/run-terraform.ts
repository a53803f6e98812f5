import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Folder } from "./hcl.ts";
import { terraformRoot } from "./hcl.ts";
import { type Provider, pluginDirectory, providersAtHand } from "./providers.ts";
import { writeSchemaPlugins } from "./schema-plugins.ts";
import { providersUsed } from "./wiring.ts";

/** What Terraform can be asked about a folder here. */
export interface Check {
  readonly path: string;
  /** The test's name: what is checked, and against what. */
  readonly title: string;
  /** Why nothing can be asked; the title ends with it. */
  readonly left?: true;
  readonly hasTests: boolean;
  /** Whether it installs charts. */
  readonly hasReleases: boolean;
}

export const terraform = findTerraform();
const plugins = pluginDirectory();
const atHand = providersAtHand(plugins);

/** The folders worth a run of Terraform, those that no other covers: environments, and modules with tests. */
export function checksOf(
  folders: ReadonlyMap<string, Folder>,
  wanted: (providers: ReadonlySet<string>) => boolean,
): Check[] {
  return [...folders.values()].flatMap((folder): Check[] => {
    const hasTests = existsSync(join(terraformRoot, folder.path, "tests"));
    const used = providersUsed(folder, folders);
    if (!wanted(used) || !(hasTests || folder.path.startsWith("environments/"))) return [];
    return [
      {
        path: folder.path,
        hasTests,
        hasReleases: used.has("helm"),
        ...titleOf(folder.path, [...used].sort()),
      },
    ];
  });
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
  /** Runs `terraform` in a folder of `terraform/`; answers what it printed. Throws that when it fails. */
  run(path: string, ...args: readonly string[]): Promise<string>;
  /** `terraform init`, with the providers that are at hand. */
  init(path: string): Promise<string>;
}

export function openWorkplace(): Workplace {
  const home = mkdtempSync(join(tmpdir(), "marketmesh-terraform-"));
  const root = join(home, "checkout/terraform");
  const schemas = join(home, "schemas");
  const skip = /\/\.terraform(\.lock\.hcl|$|\/)/;
  cpSync(terraformRoot, root, { recursive: true, filter: (source) => !skip.test(source) });
  cpSync(join(terraformRoot, "../deploy/rules"), join(home, "checkout/deploy/rules"), { recursive: true });
  mkdirSync(join(home, "data"));
  writeFileSync(join(home, "cli.tfrc"), "");
  writeSchemaPlugins(
    schemas,
    [...atHand.values()].filter(({ kind }) => kind === "schema").map(({ name }) => name),
  );
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CHECKPOINT_DISABLE: "1",
    TF_IN_AUTOMATION: "1",
    // A provider's schema is megabytes, read once: collecting garbage meanwhile is a third of the time.
    GOGC: "400",
    TF_CLI_CONFIG_FILE: join(home, "cli.tfrc"),
  };
  const run = async (path: string, ...args: readonly string[]) => {
    const data = join(home, "data", path.replaceAll("/", "-"));
    const options = {
      cwd: join(root, path),
      env: { ...env, TF_DATA_DIR: data },
      maxBuffer: 16 * 1024 * 1024,
    };
    try {
      return (await promisify(execFile)(terraform!, args, options)).stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      const said = `${stdout ?? error}\n${stderr ?? ""}`.slice(-4_000);
      throw new Error(`terraform ${args.join(" ")} in ${path}:\n${said}`);
    }
  };
  const folders = [schemas, ...(plugins ? [plugins] : [])].map((folder) => `-plugin-dir=${folder}`);
  return {
    root,
    run,
    init: (path) => run(path, "init", "-backend=false", "-input=false", "-no-color", ...folders),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

function findTerraform(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "terraform")).find((file) => existsSync(file));
}
