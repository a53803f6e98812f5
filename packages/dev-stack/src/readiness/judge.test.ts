import { expect, test } from "vitest";
import type { Check } from "./check.ts";
import type { Evidence, RunningEvidence } from "./evidence.ts";
import { findingOf, forService, judge } from "./judge.ts";

const rule = (severity: string, runbook: string) =>
  JSON.stringify({
    groups: [{ rules: [{ alert: "Down", labels: { severity }, annotations: { runbook_url: runbook } }] }],
  });

const files: Record<string, string> = {
  "README.md": "# catalog\n\n| owner | somebody |\n",
  "renovate.json": '{"age": "7 days"}',
  "deploy/rules/a.yaml": rule("page", "docs/runbooks/down.md"),
  "deploy/rules/b.yaml": rule("ticket", "docs/runbooks/absent.md"),
  "docs/runbooks/down.md": "# Down",
  "deploy/dashboards/service.json": JSON.stringify({
    panels: [
      {
        type: "row",
        panels: [{ type: "timeseries", title: "Calls", targets: [{ expr: 'rate(x{job="a"}[5m])' }] }],
      },
    ],
  }),
};

const running: RunningEvidence = {
  metrics: ['marketmesh_calls_total{method="marketmesh.catalog.v1.CatalogService/GetKind",code="OK"} 1'],
  logLines: ['{"time":"t","level":"info","service":"catalog","msg":"listening"}'],
  get: async (path) => ({ status: path === "/livez" ? 200 : 404, body: "ok" }),
};

const evidence: Evidence = {
  file: (path) => files[path],
  filesBelow: (folder) => Object.keys(files).filter((path) => path.startsWith(`${folder}/`)),
  tests: () => ({
    commit: "c",
    sources: "s",
    time: "t",
    coverage: {},
    tests: [
      { file: "services/catalog/a.test.ts", name: "kinds > are read", state: "passed" },
      { file: "services/catalog/b.test.ts", name: "are skipped", state: "skipped" },
      { file: "packages/rpc/c.test.ts", name: "breaks", state: "failed" },
      { file: "test/d.test.ts", name: "roll (left out: no history) > is rolled", state: "skipped" },
    ],
  }),
  coverage: (service) => (service === "catalog" ? 80.1 : new Error("no line was counted: run npm test")),
  process: async (service) => (service === "catalog" ? running : new Error(`${service} was not started`)),
  manifests: async () => [
    {
      kind: "Deployment",
      metadata: { name: "m-catalog", labels: { "app.kubernetes.io/component": "catalog" } },
    },
    { kind: "Cluster", metadata: { name: "m-postgres" } },
  ],
  terraform: async () => [
    { type: "db", name: "primary", body: { multi: true } },
    { type: "db", name: "replica", body: { source: "primary" } },
  ],
  fact: async (name) => (name === "known" ? { problems: [], seen: "seen" } : undefined),
};

const held: readonly Check[] = [
  { file: "README.md" },
  { file: "README.md", matches: "^\\| owner" },
  { file: "renovate.json", at: "age", matches: "days" },
  { test: "are read" },
  { test: "kinds > are read", in: "services/catalog/" },
  { test: "/^kinds/" },
  { test: "is rolled", mayBeLeftOut: true },
  { metric: "calls", labels: { method: "marketmesh.catalog.v1.", code: "OK" } },
  { probe: "/livez", matches: "^ok" },
  { log: ["time", "level", "service", "msg"] },
  { manifest: "Deployment", at: "metadata.name", equals: "m-catalog" },
  { manifest: "Cluster/postgres" },
  { alert: "Down", severity: "page" },
  { alert: "D.*", in: "a.yaml" },
  { dashboard: "service", panel: "timeseries", query: 'job="a"' },
  { terraform: "db", in: "modules/x", at: "multi", equals: true },
  { terraform: "db", in: "modules/x", at: "source" },
  { code: "known" },
  { coverage: 80 },
];

test.each(held)("holds: %j", async (check) => {
  expect(await findingOf(check, "catalog", evidence)).toMatchObject({ ok: true });
});

test.each<[Check, string]>([
  [{ file: "absent.md" }, "there is no absent.md"],
  [{ file: "README.md", matches: "contact" }, "does not say"],
  [{ test: "are" }, "0 tests named are"],
  [{ test: "are skipped" }, "run npm test"],
  [{ test: "are skipped", mayBeLeftOut: true }, "run npm test"],
  [{ test: "is rolled" }, "0 tests named"],
  [{ test: "is renamed", mayBeLeftOut: true }, "0 tests named"],
  [{ test: "breaks", mayBeLeftOut: true }, "failed"],
  [{ test: "are read", in: "services/scoring/" }, "run npm test"],
  [{ test: "are read", atLeast: 2 }, "1 tests named"],
  [{ metric: "call" }, "exposes no marketmesh_call"],
  [{ metric: "calls", labels: { code: "UNAUTHENTICATED" } }, "exposes no"],
  [{ probe: "/profile" }, "404"],
  [{ log: ["traceId"] }, "lacks one of traceId"],
  [{ manifest: "Service" }, "renders no Service"],
  [{ manifest: "Cluster/nats" }, "renders no Cluster/nats"],
  [{ manifest: "Deployment", at: "spec.replicas" }, "is absent"],
  [{ alert: "Own" }, "has no alert"],
  [{ alert: "Down", severity: "ticket" }, "docs/runbooks/absent.md of Down does not exist"],
  [{ alert: "Down" }, "does not exist"],
  [{ alert: "Down", in: "c.yaml" }, "deploy/rules/c.yaml has no alert"],
  [{ dashboard: "service", panel: "stat" }, "has no panel of type stat"],
  [{ dashboard: "service", query: 'job="b"' }, "has no panel"],
  [{ dashboard: "absent" }, "there is no"],
  [{ terraform: "db", in: "modules/x", at: "multi", equals: false }, "is absent"],
  [{ terraform: "bucket", in: "modules/x", at: "name" }, "has no bucket"],
  [{ code: "unknown" }, "no fact"],
  [{ coverage: 80.1 }, "not more than 80.1 %"],
])("is missing: %j", async (check, why) => {
  const finding = await findingOf(check, "catalog", evidence);
  expect(finding.ok).toBe(false);
  expect(finding.evidence).toContain(why);
});

test("a service that does not run, and lines that nobody counted, are missing", async () => {
  for (const check of [{ metric: "calls" }, { probe: "/livez" }, { log: ["msg"] }, { coverage: 80 }])
    expect(await findingOf(check, "scoring", evidence)).toMatchObject({ ok: false });
});

test("the service's name stands in every text of a check", () => {
  const check = { metric: "x", labels: { method: "marketmesh.{service}.v1.{Service}Service" } };
  expect(forService(check, "catalog")).toEqual({
    metric: "x",
    labels: { method: "marketmesh.catalog.v1.CatalogService" },
  });
});

test("a clause is missing when one of its checks is, told by what lacks; an operator's waits for its checks too", async () => {
  const well: Check = { file: "README.md" };
  const ill: Check = { file: "absent.md" };
  const clause = (id: string, checks: readonly Check[]) => ({ id, says: "So.", checks });
  const verdicts = await judge(
    [
      clause("a.well", [well]),
      clause("a.ill", [well, ill, ill]),
      { ...clause("a.do", [well]), operator: "Do it." },
      { ...clause("a.undone", [ill]), operator: "Do it." },
    ],
    "catalog",
    evidence,
  );
  expect(verdicts.map(({ id, status, evidence: told }) => [id, status, told])).toEqual([
    ["a.well", "ok", ["README.md"]],
    ["a.ill", "missing", ["there is no absent.md"]],
    ["a.do", "OPERATOR", ["Do it.", "README.md"]],
    ["a.undone", "missing", ["there is no absent.md"]],
  ]);
});
