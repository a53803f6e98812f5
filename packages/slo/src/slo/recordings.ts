import type { RecordingRule, RuleGroup } from "../rule.ts";
import { indicatorOf } from "./indicators.ts";
import { budgetOf, type Slo } from "./slo.ts";
import { briefWindow, meanFrom, periodDays, sliWindows } from "./windows.ts";

/** The labels that Sloth gives, and `job`, by which everything else is found. */
export function sloLabels({ id, service, name }: Slo): Record<string, string> {
  return { job: service, sloth_id: id, sloth_service: service, sloth_slo: name };
}

/** Selects the recordings of an SLO. */
export function ofSlo({ id }: Slo): string {
  return `{sloth_id="${id}"}`;
}

/**
 * The indicator over every window: `slo:sli_bad:rate5m` and `slo:sli_calls:rate5m` by method, calls a second, and over all methods
 * `slo:sli_error:ratio_rate5m`, which is Sloth's.
 */
export function sliRecordings(slo: Slo): RuleGroup[] {
  const windows = slo.kind === "availability" ? [briefWindow, ...sliWindows] : [...sliWindows];
  const brief = windows.filter((window) => !meanFrom.has(window));
  const wide = windows.filter((window) => meanFrom.has(window));
  return [
    {
      name: `sloth-slo-sli-recordings-${slo.id}`,
      rules: brief.flatMap((window) => [...rates(slo, window), errorRatio(slo, window)]),
    },
    {
      name: `sloth-slo-sli-wide-recordings-${slo.id}`,
      interval: "2m",
      rules: [
        ...wide.flatMap((window) => [...means(slo, window), errorRatio(slo, window)]),
        ...means(slo, `${periodDays}d`),
        errorRatio(slo, `${periodDays}d`),
      ],
    },
  ];
}

function rates(slo: Slo, window: string): RecordingRule[] {
  const { bad, calls } = indicatorOf(slo);
  const labels = sloLabels(slo);
  const recorded = `sum by (method) (slo:sli_calls:rate${window}${ofSlo(slo)})`;
  return [
    { record: `slo:sli_calls:rate${window}`, expr: calls(window), labels },
    { record: `slo:sli_bad:rate${window}`, expr: bad(window, recorded), labels },
  ];
}

function means(slo: Slo, window: string): RecordingRule[] {
  return ["slo:sli_calls:rate", "slo:sli_bad:rate"].map((rate) => ({
    record: `${rate}${window}`,
    expr: `avg_over_time(${rate}5m${ofSlo(slo)}[${window}])`,
    labels: sloLabels(slo),
  }));
}

function errorRatio(slo: Slo, window: string): RecordingRule {
  return {
    record: `slo:sli_error:ratio_rate${window}`,
    expr: `sum(slo:sli_bad:rate${window}${ofSlo(slo)}) / sum(slo:sli_calls:rate${window}${ofSlo(slo)})`,
    labels: { ...sloLabels(slo), sloth_window: window },
  };
}

/** What Sloth records about an SLO itself: objective, budget, how fast it burns and what is left of it. */
export function metaRecordings(slo: Slo): RuleGroup {
  const labels = sloLabels(slo);
  const one = ofSlo(slo);
  const share = "on (sloth_id, sloth_slo, sloth_service) group_left";
  const rules: readonly (readonly [string, string])[] = [
    ["slo:objective:ratio", `vector(${slo.objectiveMillionths / 1_000_000})`],
    ["slo:error_budget:ratio", `vector(${budgetOf(slo)})`],
    ["slo:time_period:days", `vector(${periodDays})`],
    [
      "slo:current_burn_rate:ratio",
      `slo:sli_error:ratio_rate5m${one} / ${share} slo:error_budget:ratio${one}`,
    ],
    [
      "slo:period_burn_rate:ratio",
      `slo:sli_error:ratio_rate${periodDays}d${one} / ${share} slo:error_budget:ratio${one}`,
    ],
    ["slo:period_error_budget_remaining:ratio", `1 - slo:period_burn_rate:ratio${one}`],
  ];
  const info = {
    sloth_mode: "contract",
    sloth_objective: String(slo.objectiveMillionths / 10_000),
    sloth_spec: "marketmesh.options.v1.Slo",
  };
  return {
    name: `sloth-slo-meta-recordings-${slo.id}`,
    rules: [
      ...rules.map(([record, expr]) => ({ record, expr, labels })),
      { record: "sloth_slo_info", expr: "vector(1)", labels: { ...labels, ...info } },
    ],
  };
}
