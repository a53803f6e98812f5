import { type AlertRule, isAlert, type Rule, type RuleFile } from "../rule.ts";
import type { KnownMetrics } from "./known-metrics.ts";
import { groupingsOf, metricsOf, queryProblems } from "./query.ts";

/** Every alert of these files. */
export function alertsOf(files: Iterable<RuleFile>): AlertRule[] {
  return [...files].flatMap(({ groups }) => groups.flatMap(({ rules }) => rules)).filter(isAlert);
}

/** What is wrong with rules: queries that nothing answers, alerts that don't say what to do or name labels that they lack. */
export function ruleProblems(files: Iterable<RuleFile>, known: KnownMetrics): string[] {
  const rules = [...files].flatMap(({ groups }) => groups.flatMap((group) => group.rules));
  return rules.flatMap((rule) =>
    [...queryProblems(rule.expr, known), ...(isAlert(rule) ? alertProblems(rule, known) : [])].map(
      (problem) => `${nameOf(rule)}: ${problem}`,
    ),
  );
}

function alertProblems({ expr, labels, annotations }: AlertRule, known: KnownMetrics): string[] {
  const { summary, description, runbook_url } = annotations;
  const grouped = groupingsOf(expr);
  const bare = metricsOf(expr).flatMap((name) => [...(known.get(name) ?? [])]);
  const there = new Set([...grouped, ...bare, ...Object.keys(labels)]);
  const named = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map((match) => match[1]!);
  return [
    ...named.filter((label) => !there.has(label)).map((label) => `its words name ${label}, which it lacks`),
    ...(summary && description && runbook_url ? [] : ["has no summary, description or runbook"]),
    ...(/^(page|ticket)$/.test(labels.severity) ? [] : [`has the severity ${labels.severity}`]),
  ];
}

function nameOf(rule: Rule): string {
  return isAlert(rule) ? rule.alert : rule.record;
}
