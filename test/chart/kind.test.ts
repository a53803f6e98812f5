import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { schemaProblem } from "./api-types.ts";
import { serviceNames } from "./edges.ts";
import { objectsOf, release, render } from "./helm.ts";
import { version } from "./invariants/images.ts";
import { ofKind, selects, type Workload } from "./rendered.ts";
import { typeProblems } from "./type-check.ts";

const kindDir = join(checkoutDir, "deploy", "kind");
const script = join(kindDir, "run.sh");
const read = (file: string) => readFileSync(join(kindDir, file), "utf8").replaceAll("VERSION", version);
const manifests = ["cluster.yaml", "postgres.yaml", "main-job.yaml"].flatMap((file) => objectsOf(read(file)));
const mesh = render(["--values", join(kindDir, "values.yaml")]);
const shellcheck = spawnSync("shellcheck", ["--version"]).status === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-kind-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("deploy/kind", () => {
  it("has objects that fit their kinds", async () => {
    const problems = await Promise.all(
      manifests.filter(({ apiVersion }) => !apiVersion.startsWith("kind.")).map(schemaProblem),
    );
    expect(problems.filter((problem) => problem !== undefined)).toStrictEqual([]);
    expect(typeProblems([...manifests, ...mesh])).toStrictEqual([]);
  });

  it("leads the main job to every service, which lets it in", () => {
    const [job] = ofKind<Workload>(manifests, "Job");
    const [container] = job!.spec.template.spec.containers;
    const url = container!.env!.find(({ name }) => name === "MARKETMESH_URL")!.value!;
    const services = new Set(ofKind(mesh, "Service").map(({ metadata }) => metadata.name));
    const targets = url.split(",").map((part) => part.split("="));
    expect(targets.map(([name]) => name).sort()).toStrictEqual([...serviceNames].sort());
    for (const [, target] of targets) expect(services).toContain(new URL(target!).hostname);
    for (const policy of ofKind(mesh, "NetworkPolicy").filter(({ metadata }) =>
      serviceNames.some((name) => metadata.name === `${release}-${name}`),
    )) {
      expect(JSON.stringify(policy.spec), policy.metadata.name).toContain('"main-job"');
    }
    expect(job!.spec.template.metadata.labels).toMatchObject({ "app.kubernetes.io/component": "main-job" });
  });

  it("lets services and migrations reach its Postgres", () => {
    const [postgres] = ofKind<Workload>(manifests, "StatefulSet");
    const [peer] = [{ "app.kubernetes.io/name": "postgres" }];
    expect(selects(peer!, postgres!.spec.template.metadata.labels)).toBe(true);
    for (const name of [...serviceNames, "migrate"]) {
      const policy = ofKind(mesh, "NetworkPolicy").find(
        ({ metadata }) => metadata.name === `${release}-${name}`,
      )!;
      expect(JSON.stringify(policy.spec), name).toContain(
        JSON.stringify({ podSelector: { matchLabels: peer } }),
      );
    }
  });
});

describe("deploy/kind/run.sh", () => {
  it("is a script that a plain shell reads", () => {
    expect(spawnSync("sh", ["-n", script]).status).toBe(0);
  });

  it.skipIf(!shellcheck)("passes shellcheck (left out where shellcheck is not installed)", () => {
    const { status, stdout } = spawnSync("shellcheck", [script], { encoding: "utf8" });
    expect(status, stdout).toBe(0);
  });

  it("says what is missing and ends well where kind is absent", () => {
    const { status, stdout } = run({ without: "kind" });
    expect(stdout).toContain("SKIPPED: kind is not installed");
    expect(status).toBe(0);
  });

  it("says so and ends well where no docker daemon answers", () => {
    const { status, stdout } = run({ failing: "docker info" });
    expect(stdout).toContain("SKIPPED: no docker daemon answers");
    expect(status).toBe(0);
  });

  it("makes everything in the order in which it is needed", () => {
    const { status, stdout, calls } = run({});
    expect(status, stdout).toBe(0);
    const steps = [
      /^kind create cluster /,
      /^npm run --silent image -- all/,
      new RegExp(`^kind load docker-image marketmesh/fulfillment:${version} `),
      new RegExp(`^kind load docker-image marketmesh/cli:${version} `),
      /^kubectl .* apply --kustomize /,
      /^kubectl .* create secret generic marketmesh-operator /,
      /^kubectl .* rollout status statefulset\/postgres /,
      /^helm upgrade --install marketmesh .* --wait --rollback-on-failure /,
      /^kubectl .* apply --filename -/,
      /^kubectl .* wait --for condition=Complete job\/main-job /,
    ];
    const places = steps.map((step) => calls.findIndex((call) => step.test(call)));
    expect(places).toStrictEqual([...places].sort((left, right) => left - right));
    expect(places).not.toContain(-1);
  });

  it("touches its own cluster only, and shows no secret", () => {
    const { calls, stdout } = run({});
    for (const call of calls.filter((one) => /^(kubectl|helm upgrade)/.test(one)))
      expect(call).toContain("kind-marketmesh");
    const keys = readdirSync(join(folder, "state", "kind", "secrets", "marketmesh-operator"));
    expect(keys).toStrictEqual(["operator-key"]);
    expect(`${stdout}${calls.join("\n")}`).not.toContain("mmk_");
  });

  it.each(["kind create", "helm upgrade", "kubectl wait"])("ends with a failure when %s fails", (failing) => {
    expect(run({ failing }).status).not.toBe(0);
  });
});

/** Runs the script with tools that only note how they are called; one of them may be absent or fail. */
function run({ without, failing = "nothing" }: { readonly without?: string; readonly failing?: string }) {
  const bin = join(folder, "bin");
  const log = join(folder, "calls");
  mkdirSync(bin, { recursive: true });
  const [tool, verb = ""] = failing.split(" ");
  for (const name of ["kind", "docker", "kubectl", "helm", "npm"].filter((one) => one !== without)) {
    const fails = name === tool ? `case " $* " in *" ${verb} "*) exit 1;; esac` : ":";
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\necho "${name} $*" >>'${log}'\n${fails}\n[ "${name} $1" != "helm version" ] || echo v4.1.4\n`,
    );
    chmodSync(join(bin, name), 0o755);
  }
  if (!existsSync(join(bin, "node"))) symlinkSync(process.execPath, join(bin, "node"));
  for (const name of ["dirname", "mkdir", "rm", "chmod", "mv", "sed", "cat"]) {
    const [found] = ["/usr/bin", "/bin"].map((path) => join(path, name)).filter(existsSync);
    if (!existsSync(join(bin, name))) symlinkSync(found!, join(bin, name));
  }
  const { status, stdout, stderr } = spawnSync("/bin/sh", [script], {
    encoding: "utf8",
    // Nothing else is on PATH: no real cluster can be met.
    env: { PATH: bin, MARKETMESH_STATE_DIR: join(folder, "state") },
  });
  const calls = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
  return { status, stdout: `${stdout}${stderr}`, calls };
}
