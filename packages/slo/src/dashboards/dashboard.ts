import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { siblings } from "./links.ts";

/** Panels under a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface DashboardOptions {
  /** Part of its address: stays the same for ever. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
  /** A metric whose markets may be chosen from: `$market`. */
  readonly marketsOf?: string;
}

const datasources = ["prometheus", "tempo", "loki"] as const;

/** A dashboard of ours: datasources are chosen by variables, panels are numbered in their order, nothing depends on time or place. */
export function dashboard(options: DashboardOptions): Dashboard {
  const { uid, title, description, rows, marketsOf } = options;
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(["marketmesh", "generated"])
    .timezone("browser")
    .time({ from: "now-3h", to: "now" })
    .refresh("30s")
    .tooltip(DashboardCursorSync.Crosshair)
    .link(siblings());
  for (const type of datasources)
    builder.withVariable(new DatasourceVariableBuilder(type).label(labelOf(type)).type(type));
  if (marketsOf !== undefined) builder.withVariable(marketVariable(marketsOf));
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panel);
  }
  const built = builder.build();
  for (const [at, panel] of (built.panels ?? []).entries()) panel.id = at + 1;
  return built;
}

function labelOf(type: (typeof datasources)[number]): string {
  return { prometheus: "Metrics", tempo: "Traces", loki: "Logs" }[type];
}

function marketVariable(metric: string): QueryVariableBuilder {
  return new QueryVariableBuilder("market")
    .label("Market")
    .datasource({ type: "prometheus", uid: `\${prometheus}` })
    .query(`label_values(${metric}, market)`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".+");
}
