import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMetricDefinition, type MetricDefinition, metricPrefix } from "@marketmesh/telemetry";
import { checkoutDir } from "./state-folder.ts";

/** Where the table is kept. */
export const metricsTablePath = join(checkoutDir, "docs", "METRICS.md");

/** The metrics that one package or service defines. */
export interface MetricsOf {
  /** `packages/rpc` */
  readonly owner: string;
  readonly metrics: readonly MetricDefinition[];
}

/**
 * What every `src/metrics.ts` of the checkout exports, by owner. Throws when a metric is defined anywhere else or is not
 * exported, and when two have one name: the table would not tell the whole truth.
 */
export async function definedMetrics(): Promise<MetricsOf[]> {
  const all = await Promise.all(owners().map(async (owner) => ({ owner, metrics: await exportedBy(owner) })));
  const seen = new Map<string, string>();
  for (const { owner, metrics } of all) {
    for (const { name } of metrics) {
      const other = seen.get(name);
      if (other !== undefined) throw new Error(`metric ${name} is defined by ${other} and by ${owner}`);
      seen.set(name, owner);
    }
  }
  return all.filter(({ metrics }) => metrics.length > 0);
}

function owners(): string[] {
  return ["packages", "services"].flatMap((parent) =>
    readdirSync(join(checkoutDir, parent))
      .sort()
      .map((name) => `${parent}/${name}`)
      .filter((owner) => existsSync(join(checkoutDir, owner, "src"))),
  );
}

async function exportedBy(owner: string): Promise<MetricDefinition[]> {
  const found: MetricDefinition[] = [];
  for (const path of sourcesOf(owner)) {
    const source = readFileSync(join(checkoutDir, owner, "src", path), "utf8");
    const calls = source.match(/\bdefineMetric\(/g)?.length ?? 0;
    if (calls === 0) continue;
    if (path !== "metrics.ts")
      throw new Error(`${owner}/src/${path} defines a metric; ${owner}/src/metrics.ts is the place`);
    const module: object = await import(pathToFileURL(join(checkoutDir, owner, "src", path)).href);
    found.push(...Object.values(module).filter(isMetricDefinition));
    if (found.length !== calls)
      throw new Error(`${owner}/src/metrics.ts defines a metric that it does not export`);
  }
  return found.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function sourcesOf(owner: string): string[] {
  return readdirSync(join(checkoutDir, owner, "src"), { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !path.endsWith(".test.ts"),
  );
}

/** docs/METRICS.md. */
export function metricsTable(all: readonly MetricsOf[]): string {
  const sections = all.map(
    ({ owner, metrics }) =>
      `## ${owner}\n\n| metric | type | unit | attributes | meaning |\n| --- | --- | --- | --- | --- |\n${metrics.map(row).join("")}`,
  );
  return `${head}\n${sections.join("\n")}`;
}

const head = `# Metrics

Made from the \`src/metrics.ts\` of each package and service by \`npm run generate\`; do not edit. A service has the metrics of the
packages it uses. Every name has the prefix \`${metricPrefix}\`. Units are UCUM (\`{row}\`: rows are counted; \`1\`: a ratio). Prometheus reads \`/metrics\` on METRICS_PORT; with OTEL_EXPORTER_OTLP_ENDPOINT the same go out over OTLP. A
histogram has \`_bucket\`, \`_sum\` and \`_count\`; scraped as OpenMetrics, its buckets carry exemplars.
`;

function row({ name, type, unit, labels, help }: MetricDefinition): string {
  const attributes = Object.entries(labels).map(([label, meaning]) => `\`${label}\`: ${meaning}`);
  return `| \`${name}\` | ${type} | \`${unit}\` | ${attributes.join("<br>")} | ${help} |\n`;
}

/** Writes the table anew. */
export async function generateMetricsTable(): Promise<void> {
  writeFileSync(metricsTablePath, metricsTable(await definedMetrics()));
}
