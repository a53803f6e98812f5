import { type AlertRule, alertRule, type RuleGroup } from "../rule.ts";
import { ofSlo, sloLabels } from "./recordings.ts";
import { budgetOf, type Slo } from "./slo.ts";
import {
  type Burn,
  badCallsMin,
  briefWindow,
  fastBurn,
  fastBurnFor,
  longestCounted,
  meanFrom,
  pageBurns,
  secondsOf,
  ticketBurns,
} from "./windows.ts";

/** The alerts of an SLO: over all its methods a page or a ticket, and a ticket for each method that burns its share alone. */
export function burnAlerts(slo: Slo): RuleGroup {
  const fast = slo.kind === "availability" ? [fastPage(slo)] : [];
  return {
    name: `sloth-slo-alerts-${slo.id}`,
    rules: [...fast, page(slo), ticket(slo), methodTicket(slo)],
  };
}

/** Its series has the label `sloth_window` of the short window, which tells it from the slower pages. */
function fastPage(slo: Slo): AlertRule {
  return alertRule({
    alert: words(slo).alert,
    severity: "page",
    expr: either(slo, [fastBurn]),
    for: fastBurnFor,
    summary: `${slo.service}: ${words(slo).what} beyond ${percent(slo)} %, since minutes`,
    description: `${words(slo).since} {{ $value | humanizePercentage }} of the last five minutes' calls; ${promise(slo)}.`,
    labels: { ...alertLabels(slo, "page"), sloth_window: briefWindow },
  });
}

function page(slo: Slo): AlertRule {
  return alertRule({
    alert: words(slo).alert,
    severity: "page",
    expr: either(slo, pageBurns),
    summary: `${slo.service}: ${words(slo).what} eat the month's budget within days`,
    description: `${words(slo).since} {{ $value | humanizePercentage }} of the calls; ${promise(slo)}.`,
    labels: alertLabels(slo, "page"),
  });
}

function ticket(slo: Slo): AlertRule {
  return alertRule({
    alert: words(slo).alert,
    severity: "ticket",
    expr: either(slo, ticketBurns),
    summary: `${slo.service}: ${words(slo).what} will have used up the month's budget before its end`,
    description: `${words(slo).since} {{ $value | humanizePercentage }} of the calls; ${promise(slo)}.`,
    labels: alertLabels(slo, "ticket"),
  });
}

/** A method with a small share of the calls can fail without its service's budget showing it. */
function methodTicket(slo: Slo): AlertRule {
  return alertRule({
    alert: `Method${words(slo).alert}`,
    severity: "ticket",
    expr: pageBurns.map((burn) => methodBurns(slo, burn)).join("\nor\n"),
    summary: `{{ $labels.method }}: ${words(slo).what} beyond its objective`,
    description: `{{ $value | humanize }} calls a second are bad; ${promise(slo)}.`,
    labels: alertLabels(slo, "ticket"),
  });
}

function either(slo: Slo, burns: readonly Burn[]): string {
  return burns.map((burn) => isBurning(slo, burn)).join("\nor ignoring (sloth_window)\n");
}

function isBurning(slo: Slo, { short, long, factor }: Burn): string {
  const over = (window: string) =>
    `(slo:sli_error:ratio_rate${window}${ofSlo(slo)} > (${factor} * ${budgetOf(slo)}))`;
  const counted = meanFrom.has(long) ? longestCounted : long;
  const enough = `(sum by (sloth_id) (slo:sli_bad:rate${counted}${ofSlo(slo)}) * ${secondsOf(counted)} >= ${badCallsMin})`;
  return `(\n  ${over(short)}\n  and ignoring (sloth_window)\n  ${over(long)}\n  and on (sloth_id)\n  ${enough}\n)`;
}

function methodBurns(slo: Slo, { short, long, factor }: Burn): string {
  const over = (window: string) =>
    `(slo:sli_bad:rate${window}${ofSlo(slo)} > ${factor} * ${budgetOf(slo)} * slo:sli_calls:rate${window}${ofSlo(slo)})`;
  const enough = `(slo:sli_bad:rate${long}${ofSlo(slo)} * ${secondsOf(long)} >= ${badCallsMin})`;
  return `(\n  ${over(short)}\n  and\n  ${over(long)}\n  and\n  ${enough}\n)`;
}

function alertLabels(slo: Slo, severity: "page" | "ticket"): Record<string, string> {
  return { ...sloLabels(slo), sloth_severity: severity };
}

function percent({ objectiveMillionths }: Slo): string {
  return String((1_000_000 - objectiveMillionths) / 10_000);
}

function promise(slo: Slo): string {
  return `the contract allows ${percent(slo)} % over ${slo.methods.length} methods`;
}

function words({ kind }: Slo) {
  return kind === "availability"
    ? { alert: "AvailabilityBudgetBurn", what: "failed calls", since: "By our fault fail" }
    : { alert: "LatencyBudgetBurn", what: "slow calls", since: "Slower than their bound are" };
}
