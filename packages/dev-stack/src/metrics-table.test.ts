import { readFileSync } from "node:fs";
import { defineMetric } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { definedMetrics, metricsTable, metricsTablePath } from "./metrics-table.ts";

test("docs/METRICS.md says what the code defines (else: npm run generate)", async () => {
  expect(readFileSync(metricsTablePath, "utf8")).toBe(metricsTable(await definedMetrics()));
});

test("a row has name, type, unit, attributes and meaning", () => {
  const metric = defineMetric({
    type: "counter",
    name: "holds_total",
    unit: "{hold}",
    help: "Holds taken",
    labels: { state: "Its state", why: "`a` or `b`" },
  });
  expect(metricsTable([{ owner: "services/x", metrics: [metric] }])).toContain(
    "## services/x\n\n| metric | type | unit | attributes | meaning |\n| --- | --- | --- | --- | --- |\n" +
      "| `holds_total` | counter | `{hold}` | `state`: Its state<br>`why`: `a` or `b` | Holds taken |\n",
  );
});
