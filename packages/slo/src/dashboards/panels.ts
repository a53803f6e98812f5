import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { jobOfSeries, serviceLinks } from "./links.ts";

/** Grafana's id of a unit: seconds, bytes, a share of 1, calls a second, plain numbers. */
export type Unit = "s" | "bytes" | "percentunit" | "reqps" | "cps" | "short" | "none";

/** One line of a panel or several: PromQL and how its series are named. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** What a panel shows; every panel says what it means and in which unit. */
export interface PanelOptions {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Of which service traces and logs are linked; default: that of the series. */
  readonly job?: string;
  readonly stack?: boolean;
  /** Default 0. */
  readonly min?: number;
  readonly max?: number;
  /** From here on it is drawn red. */
  readonly alarmAt?: number;
}

const prometheus = { type: "prometheus", uid: `\${prometheus}` };

/** A curve over time. Quantiles show exemplars: points that lead to a trace. */
export function timeseries(options: PanelOptions): Builder<Panel> {
  const { title, description, unit, queries, job = jobOfSeries, stack = false, min = 0, max } = options;
  const panel = new TimeseriesBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .min(min)
    .span(12)
    .height(8)
    .datasource(prometheus)
    .fillOpacity(stack ? 30 : 8)
    .dataLinks(serviceLinks(job))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .targets(queries.map(target));
  if (stack) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (max !== undefined) panel.max(max);
  return panel;
}

/** One number, red from `alarmAt` on. */
export function stat(options: PanelOptions): Builder<Panel> {
  const { title, description, unit, queries, job = jobOfSeries, alarmAt } = options;
  const steps: Threshold[] = [{ color: "green", value: null }];
  if (alarmAt !== undefined) steps.push({ color: "red", value: alarmAt });
  return new StatBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .span(4)
    .height(5)
    .datasource(prometheus)
    .dataLinks(serviceLinks(job))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
    .targets(queries.map(target));
}

function target({ expr, legend }: Query, at: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(String.fromCharCode("A".charCodeAt(0) + at))
    .datasource(prometheus)
    .expr(expr)
    .legendFormat(legend)
    .range()
    .exemplar(expr.includes("histogram_quantile("));
}

/** Quantiles of a histogram, by labels. */
export function quantile(share: number, bucket: string, by: readonly string[] = []): string {
  return `histogram_quantile(${share}, sum by (${[...by, "le"].join(", ")}) (rate(${bucket}[$__rate_interval])))`;
}
