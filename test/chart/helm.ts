import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir, helmBinary, stateDirOf } from "@marketmesh/dev-stack/servers";
import { parseAllDocuments } from "yaml";

/** The chart's folder. */
export const chartDir = join(checkoutDir, "deploy", "charts", "marketmesh");

/** The sets of values in `ci/`, by name. */
export const valueSets: readonly string[] = readdirSync(join(chartDir, "ci"))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length))
  .sort();

/** The release and the namespace that everything is rendered for. */
export const release = "marketmesh";
export const namespace = "mesh";

/** An object as Kubernetes would be given it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** What helm says to arguments. */
export interface HelmAnswer {
  readonly ok: boolean;
  readonly output: string;
  readonly errors: string;
}

let path: string | undefined;

/** Runs helm; it touches no cluster and no network. */
export function helm(...args: string[]): HelmAnswer {
  path ??= helmBinary(join(stateDirOf(checkoutDir, process.env), "bin"));
  const { status, stdout, stderr } = spawnSync(path, args, {
    cwd: chartDir,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, KUBECONFIG: "/dev/null" },
  });
  // Links are followed on purpose; helm tells of each.
  return { ok: status === 0, output: stdout, errors: stderr.replace(/^level=INFO.*\n/gm, "") };
}

/** The arguments that choose a set of values. */
export function valuesOf(set: string): string[] {
  return ["--values", join("ci", `${set}.yaml`)];
}

/** The chart's objects; throws what helm complains of. `args` go to `helm template`, for example `--set`. */
export function render(args: readonly string[]): KubeObject[] {
  const { ok, output, errors } = helm("template", release, ".", "--namespace", namespace, ...args);
  if (!ok) throw new Error(errors);
  return objectsOf(output);
}

const rendered = new Map<string, readonly KubeObject[]>();

/** The objects of a set of values, rendered once. */
export function renderedSet(set: string): readonly KubeObject[] {
  const known = rendered.get(set);
  if (known !== undefined) return known;
  const objects = render(valuesOf(set));
  rendered.set(set, objects);
  return objects;
}

/** The objects in a YAML stream, empty documents left out. */
export function objectsOf(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const value = document.toJS() as KubeObject | null;
    return value === null ? [] : [value];
  });
}
