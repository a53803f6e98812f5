import {
  type Clause,
  checkoutDir,
  checkoutEvidence,
  type Evidence,
  findingOf,
  forService,
  judge,
  OPERATOR_CLAUSES,
  readClauses,
  stateDirOf,
} from "@marketmesh/dev-stack/readiness";
import { describe, expect, it } from "vitest";

const clauses = readClauses(checkoutDir);
const real = checkoutEvidence({
  checkout: checkoutDir,
  services: [],
  stateDir: stateDirOf(checkoutDir, process.env),
});

const nothing: Evidence = {
  file: () => undefined,
  filesBelow: () => [],
  tests: () => ({ commit: "", sources: "", time: "", tests: [], coverage: {} }),
  coverage: () => new Error("run npm test"),
  process: async () => ({ metrics: [], logLines: [], get: async () => ({ status: 404, body: "" }) }),
  manifests: async () => [],
  terraform: async () => [],
  fact: async () => undefined,
};

describe("docs/readiness.yaml", () => {
  it("has clauses of every area of level A, and only three for an operator", () => {
    expect(new Set(clauses.map(({ id }) => id.split(".")[0]))).toEqual(
      new Set([
        ...["design", "maintainability", "observability", "reliability"],
        ...["security", "accessibility", "data", "database"],
      ]),
    );
    const operators = clauses.filter(({ operator }) => operator !== undefined).map(({ id }) => id);
    expect(operators.sort()).toEqual([...OPERATOR_CLAUSES].sort());
  });

  it.each(clauses.flatMap(({ id, checks }) => checks.map((check) => [id, check] as const)))(
    "%s can be missing: %j",
    async (_, check) => {
      expect(await findingOf(forService(check, "catalog"), "catalog", nothing)).toMatchObject({ ok: false });
    },
  );
});

describe("evidence that is broken", () => {
  const replaced = (path: string, from: RegExp | string, to: string): Evidence => ({
    ...real,
    file: (asked) => (asked === path ? real.file(asked)?.replace(from, to) : real.file(asked)),
  });
  const unrendered = (change: (text: string) => string): Evidence => ({
    ...real,
    manifests: async () => {
      const objects = await real.manifests();
      return objects instanceof Error ? objects : JSON.parse(change(JSON.stringify(objects)));
    },
  });
  const replacedTerraform = (from: string, to: string): Evidence => ({
    ...real,
    terraform: async (folder) =>
      JSON.parse(JSON.stringify(await real.terraform(folder)).replaceAll(from, to)),
  });

  it.each<[string, Evidence]>([
    ["design.objectives-owner", replaced("services/catalog/README.md", /^\| owner/m, "| nobody")],
    ["accessibility.link-to-source", replaced("services/catalog/README.md", "(src/service.ts)", "(src)")],
    ["maintainability.dependencies-by-bot", replaced(".renovaterc.json", '"terraform",', "")],
    ["maintainability.deploy-automatic", replaced(".github/workflows/release.yml", "deploy.yml", "x.yml")],
    [
      "observability.dashboard-time-series",
      replaced("deploy/dashboards/service-catalog.json", /timeseries/g, "text"),
    ],
    [
      "reliability.memory-limit-is-request",
      unrendered((text) => text.replaceAll('"memory":"1Gi"}}', '"memory":"2Gi"}}')),
    ],
    ["reliability.pre-stop", unrendered((text) => text.replaceAll("preStop", "postStart"))],
    [
      "reliability.pod-disruption-budget",
      unrendered((text) => text.replaceAll("PodDisruptionBudget", "Other")),
    ],
    ["database.high-availability", replacedTerraform("REGIONAL", "ZONAL")],
    ["data.automatic-backups", replacedTerraform("backup_window", "window")],
  ])("is seen: %s", async (id, broken) => {
    const asked = clauses.filter((clause): clause is Clause => clause.id === id);
    const [well] = await judge(asked, "catalog", real);
    expect(well).toMatchObject({ id, status: "ok" });
    const [ill] = await judge(asked, "catalog", broken);
    expect(ill).toMatchObject({ id, status: "missing" });
  });
});
