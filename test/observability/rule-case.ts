import { stringify } from "yaml";

/** What happens to a mesh, and which alerts fire of it. */
export interface RuleCase {
  readonly name: string;
  /** Which rule groups are looked at; a whole service's, over hours, would take minutes. */
  readonly groups: RegExp;
  /** Samples every 15 s, in promtool's notation: `0+15x40` begins at 0 and adds 15 forty times. */
  readonly series: Readonly<Record<string, string>>;
  /** Alerts that fire at a time (`2h5m`), as `severity Alert`, with their labels where those matter. No others fire, of any name. */
  readonly at: Readonly<Record<string, readonly string[]>>;
}

/**
 * A file for `promtool test rules`. It asks for the alerts that fire, by name and severity, so that a case says what happens and not
 * which words it is told in.
 */
export function promtoolTest(ruleFile: string, { name, series, at }: RuleCase): string {
  return stringify({
    rule_files: [ruleFile],
    evaluation_interval: "30s",
    tests: [
      {
        name,
        interval: "15s",
        input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
        promql_expr_test: Object.entries(at).map(([time, alerts]) => ({
          expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
          eval_time: time,
          exp_samples: samplesOf(alerts),
        })),
      },
    ],
  });
}

/** `page OutboxStuck` is one series, `page OutboxStuck 2` two. */
function samplesOf(alerts: readonly string[]) {
  return alerts.map((alert) => {
    const [severity, name, value = "1"] = alert.split(" ");
    return { labels: `{alertname="${name}", severity="${severity}"}`, value: Number(value) };
  });
}
