import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { jobOfSeries } from "../dashboards/links.ts";
import type { KnownMetrics } from "./known-metrics.ts";
import { groupingsOf, metricsOf, queryProblems, withoutVariables } from "./query.ts";

/** One query of a dashboard, as it is written. */
export interface DashboardQuery {
  readonly panel: string;
  readonly expr: string;
  readonly legend: string;
}

/** Panels without the headings between them. */
export function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== "row");
}

/** Every query of a dashboard. */
export function queriesOf(dashboard: Dashboard): DashboardQuery[] {
  return panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map((target) => {
      const { expr, legendFormat } = target as { expr?: string; legendFormat?: string };
      return { panel: panel.title ?? "", expr: expr ?? "", legend: legendFormat ?? "" };
    }),
  );
}

/** What is wrong with a dashboard: its queries, and panels that don't say what they show or lead nowhere. */
export function dashboardProblems(dashboard: Dashboard, known: KnownMetrics): string[] {
  return [
    ...queriesOf(dashboard).flatMap(({ panel, expr, legend }) =>
      [...queryProblems(withoutVariables(expr), known), ...legendProblems(expr, legend, known)].map(
        (problem) => `${panel}: ${problem}`,
      ),
    ),
    ...panelsOf(dashboard).flatMap(panelProblems),
    ...doubles((dashboard.panels ?? []).map(({ id }) => String(id))).map(
      (id) => `two panels have the id ${id}`,
    ),
    ...doubles(panelsOf(dashboard).map(({ title }) => title ?? "")).map(
      (title) => `two panels are called ${title}`,
    ),
  ];
}

/** A legend names labels that its series have. */
function legendProblems(expr: string, legend: string, known: KnownMetrics): string[] {
  const query = withoutVariables(expr);
  const grouped = groupingsOf(query);
  const there =
    grouped.length > 0
      ? new Set(grouped)
      : new Set(metricsOf(query).flatMap((name) => [...(known.get(name) ?? [])]));
  return labelsOf(legend)
    .filter((label) => !there.has(label))
    .map((label) => `its legend names ${label}, which its series lack`);
}

function labelsOf(legend: string): string[] {
  return [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1]!);
}

function panelProblems(panel: Panel): string[] {
  const { title = "", description, fieldConfig, targets = [], datasource, id, gridPos } = panel;
  const links = JSON.stringify(fieldConfig?.defaults.links ?? []);
  const legends = targets.map((target) => (target as { legendFormat?: string }).legendFormat ?? "");
  const exemplars = targets.filter((target) =>
    (target as { expr?: string }).expr?.includes("histogram_quantile("),
  );
  const wrong: readonly (readonly [boolean, string])[] = [
    [title === "", "has no title"],
    [id === undefined || gridPos === undefined, "has no id or no place"],
    [!description?.trim(), "has no description"],
    [!fieldConfig?.defaults.unit, "has no unit"],
    [targets.length === 0, "has no query"],
    [!datasource?.uid?.startsWith("$"), "does not choose its datasource by a variable"],
    [!/tempo/.test(links) || !/loki/.test(links), "does not link to traces and logs"],
    [
      links.includes(jobOfSeries) && legends.some((legend) => !labelsOf(legend).includes("job")),
      "links by the label job, which its series lack",
    ],
    [
      exemplars.some((target) => !(target as { exemplar?: boolean }).exemplar),
      "is a quantile without exemplars",
    ],
  ];
  return wrong.filter(([is]) => is).map(([, what]) => `${title}: ${what}`);
}

function doubles(all: readonly string[]): string[] {
  return all.filter((one, at) => all.indexOf(one) !== at);
}
