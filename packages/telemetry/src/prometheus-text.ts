import type { Family, Labels, Series } from "./metrics.ts";

const prefix = "marketmesh_";

/** One metric with all its series, as Prometheus text. A histogram's buckets are made cumulative here. */
export function formatFamily(family: Family): string {
  const name = prefix + family.name;
  const head = `# HELP ${name} ${escapeHelp(family.help)}\n# TYPE ${name} ${family.type}\n`;
  if (family.read) return `${head}${name} ${family.read()}\n`;
  const lines = [...family.series.values()].map((series) =>
    family.type === "histogram"
      ? formatHistogram(name, family.buckets, series)
      : line(name, series.labels, series.value),
  );
  return head + lines.join("");
}

function formatHistogram(name: string, buckets: readonly number[], series: Series): string {
  let below = 0;
  let text = "";
  buckets.forEach((bound, at) => {
    below += series.counts[at] ?? 0;
    text += line(`${name}_bucket`, { ...series.labels, le: String(bound) }, below);
  });
  text += line(`${name}_bucket`, { ...series.labels, le: "+Inf" }, series.count);
  return (
    text +
    line(`${name}_sum`, series.labels, series.value) +
    line(`${name}_count`, series.labels, series.count)
  );
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
