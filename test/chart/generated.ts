import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chartDir, renderedSet, valueSets } from "./helm.ts";
import { version } from "./invariants/images.ts";
import { snapshotOf } from "./snapshot.ts";
import { withValuesTable } from "./values-table.ts";

/** The chart's files that are made from others, by path in the chart, as they should be. What is rendered comes last. */
export function* generatedFiles(): Generator<readonly [path: string, text: string]> {
  yield ["Chart.yaml", withVersion(read("Chart.yaml"))];
  yield ["README.md", withValuesTable(read("README.md"), read("values.schema.json"), read("values.yaml"))];
  for (const set of valueSets)
    yield [join("ci", "rendered", `${set}.yaml`), snapshotOf(set, renderedSet(set))];
}

/** The chart and what it installs are of one version: that of package.json. */
function withVersion(chart: string): string {
  return chart
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: "${version}"`);
}

function read(path: string): string {
  return readFileSync(join(chartDir, path), "utf8");
}
