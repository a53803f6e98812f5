import type { Exemplar, Family, Labels, Series } from "./metrics.ts";

/** `plain` is Prometheus text 0.0.4; `openmetrics` is OpenMetrics 1.0, which can carry exemplars. */
export type TextFormat = "plain" | "openmetrics";

/** What every name begins with, here and over OTLP. */
export const metricPrefix = "marketmesh_";

export const contentTypeOf: Readonly<Record<TextFormat, string>> = {
  plain: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The format for a scraper that sends this Accept header. */
export function textFormatFor(accept: string | undefined): TextFormat {
  return accept?.includes("application/openmetrics-text") ? "openmetrics" : "plain";
}

export function formatFamilies(families: readonly Family[], format: TextFormat): string {
  const text = families.map((family) => formatFamily(family, format)).join("");
  return format === "openmetrics" ? `${text}# EOF\n` : text;
}

/** One metric with all its series. A histogram's buckets are made cumulative here. */
function formatFamily({ definition, series }: Family, format: TextFormat): string {
  const { name, type, help, buckets } = definition;
  const sample = metricPrefix + name;
  // OpenMetrics names a counter without the ending of its sample.
  const family = format === "openmetrics" ? sample.replace(/_total$/, "") : sample;
  const head = `# HELP ${family} ${escapeHelp(help, format)}\n# TYPE ${family} ${type}\n`;
  const lines = series.map((each) =>
    type === "histogram"
      ? formatHistogram(sample, buckets, each, format)
      : line(sample, each.labels, each.value),
  );
  return head + lines.join("");
}

function formatHistogram(name: string, bounds: readonly number[], series: Series, format: TextFormat) {
  const { labels, value, count, counts, exemplars } = series;
  let below = 0;
  let text = "";
  counts.forEach((here, at) => {
    below += here;
    const exemplar = format === "openmetrics" ? exemplars[at] : undefined;
    text += line(`${name}_bucket`, { ...labels, le: bound(bounds[at], format) }, below, exemplar);
  });
  return text + line(`${name}_sum`, labels, value) + line(`${name}_count`, labels, count);
}

function bound(value: number | undefined, format: TextFormat): string {
  if (value === undefined) return "+Inf";
  return format === "openmetrics" && Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function line(name: string, labels: Labels, value: number, exemplar?: Exemplar): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  const shown = exemplar ? exemplarText(exemplar) : "";
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}${shown}\n`;
}

function exemplarText({ value, traceId, spanId, timeMs }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${timeMs / 1_000}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(text: string, format: TextFormat): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return format === "openmetrics" ? escaped.replaceAll('"', '\\"') : escaped;
}
