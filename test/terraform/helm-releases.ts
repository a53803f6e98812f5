import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { checkoutDir, helmBinary, stateDirOf } from "@marketmesh/dev-stack/servers";
import { terraformRoot } from "./hcl.ts";

/** A Helm release as an applied run left it. */
export interface Release {
  readonly name: string;
  readonly chart: string;
  /** YAML documents. */
  readonly values: readonly string[];
}

interface Module {
  readonly resources?: readonly { readonly type: string; readonly values: Partial<Release> }[];
  readonly child_modules?: readonly Module[];
}

interface Line {
  readonly test_summary?: { readonly passed: number };
  readonly test_state?: { readonly root_module?: Module };
}

/** What `terraform test -json -verbose` says: how many runs passed, and the releases of ours that applied runs made. */
export function testResult(output: string): {
  readonly passed: number;
  readonly releases: readonly Release[];
} {
  const lines = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  return {
    passed: lines.findLast(({ test_summary }) => test_summary)?.test_summary?.passed ?? 0,
    releases: lines
      .flatMap(({ test_state }) => releasesOf(test_state?.root_module))
      .filter(({ chart }) => chartOf(chart)),
  };
}

function releasesOf(module: Module = {}): Release[] {
  const own = (module.resources ?? []).filter(({ type }) => type === "helm_release");
  const releases = own.map(({ values: { name = "", chart = "", values } }) => ({
    name,
    chart,
    values: values ?? [],
  }));
  return [...releases, ...(module.child_modules ?? []).flatMap(releasesOf)];
}

/** Our own charts are given by path; those of others can't be had here. */
function chartOf(path: string): string | undefined {
  if (!path.includes("/charts/")) return undefined;
  const name = basename(path);
  return name === "objects"
    ? join(terraformRoot, "charts/objects")
    : join(checkoutDir, "deploy/charts", name);
}

/** What helm says when the release's chart is rendered with its values; undefined when it takes them. */
export function renderProblem({ name, chart, values }: Release): string | undefined {
  const helm = helmBinary(join(stateDirOf(checkoutDir, process.env), "bin"));
  const { status, stderr } = spawnSync(helm, ["template", name, chartOf(chart)!, "--values", "-"], {
    // Our modules give one document.
    input: values[0] ?? "",
    encoding: "utf8",
    // What is rendered is a megabyte of dashboards, and test/chart looks at it.
    stdio: ["pipe", "ignore", "pipe"],
  });
  return status === 0 ? undefined : stderr;
}
