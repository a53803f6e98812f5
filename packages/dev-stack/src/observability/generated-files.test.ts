import { contractObjectives, dashboardFiles, dashboardJson, ruleFiles, runbookOf } from "@marketmesh/slo";
import {
  alertsOf,
  dashboardProblems,
  type KnownMetrics,
  knownMetrics,
  queryProblems,
  ruleProblems,
} from "@marketmesh/slo/check";
import { durationBuckets } from "@marketmesh/telemetry";
import { beforeAll, describe, expect, test } from "vitest";
import { definedMetrics } from "../metrics-table.ts";
import { SERVICES } from "../supervisor/service-table.ts";
import { unusedMetrics } from "./emitted-metrics.ts";
import { observabilityDiff } from "./generated-files.ts";
import { runbookProblems, textProblems } from "./runbook-problems.ts";

const names = SERVICES.map(({ name }) => name);
const objectives = names.map((service) => ({ service, objectives: contractObjectives(service) }));
const files = ruleFiles(objectives);
let known: KnownMetrics;
beforeAll(async () => {
  known = knownMetrics(
    (await definedMetrics()).flatMap(({ metrics }) => metrics),
    files.values(),
  );
});

test("deploy/rules and deploy/dashboards are what the contracts make (else: npm run generate)", () => {
  expect(observabilityDiff()).toEqual([]);
});

test("every latency objective of the contracts is a bucket's bound", () => {
  const promised = objectives.flatMap((one) =>
    one.objectives.map(({ latencyP99Ms }) => latencyP99Ms / 1_000),
  );
  expect(promised.length).toBeGreaterThan(100);
  const bounds = new Set(promised.filter((bound) => bound > 0));
  expect([...bounds].filter((bound) => !durationBuckets.includes(bound))).toEqual([]);
});

test("rules name only metrics and labels that there are, and alerts say what to do", () => {
  expect(ruleProblems(files.values(), known)).toEqual([]);
});

describe("dashboards", () => {
  test.each([...dashboardFiles(names)])(
    "%s shows only what there is, says what, and leads to traces and logs",
    (_name, dashboard) => {
      expect(dashboardProblems(dashboard, known)).toEqual([]);
      expect(dashboardProblems(JSON.parse(dashboardJson(dashboard)), known)).toEqual([]);
    },
  );

  test("have addresses of their own", () => {
    const uids = [...dashboardFiles(names).values()].map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(names.length + 4);
  });
});

test("every alert has a runbook whose commands and queries exist, and no runbook lacks its alert", () => {
  const alerts = alertsOf(files.values());
  expect(alerts.every(({ alert, annotations }) => annotations.runbook_url === runbookOf(alert))).toBe(true);
  expect(
    runbookProblems(
      alerts.map(({ annotations }) => annotations.runbook_url),
      known,
    ),
  ).toEqual([]);
});

test("no metric is defined that no code emits", async () => {
  expect(await unusedMetrics()).toEqual([]);
});

test("what does not exist is found", () => {
  const problemsOf = (query: string) => queryProblems(query, known).join("; ");
  expect(problemsOf("marketmesh_made_up_total")).toContain(
    "no code and no rule makes marketmesh_made_up_total",
  );
  expect(problemsOf('marketmesh_relay_leads{color="red"}')).toContain("has no label color");
  expect(problemsOf("sum by (market) (marketmesh_relay_leads)")).toContain(
    "nothing there has the label market",
  );
  expect(problemsOf("sum by (job (marketmesh_relay_leads)")).toContain("does not parse");
  expect(problemsOf('{__name__=~"marketmesh.*"}')).toContain("without a metric's name");
  expect(problemsOf("marketmesh_rpc_server_duration_seconds")).toContain("no code");
  expect(problemsOf("slo:sli_error:ratio_rate5m * on (instance) up")).toBe("");
  expect(problemsOf("1")).toContain("names no metric");
  const text = "## How to tell\n`npx marketmesh events audits`, `npx marketmesh dance`, [x](gone.md)";
  expect(textProblems(text, known)).toEqual(
    expect.arrayContaining([
      "links to gone.md, which is not there",
      "there is no command npx marketmesh dance",
    ]),
  );
});
