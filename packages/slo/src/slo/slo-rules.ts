import type { RuleFile } from "../rule.ts";
import { burnAlerts } from "./burn-alerts.ts";
import { metaRecordings, sliRecordings } from "./recordings.ts";
import type { Slo } from "./slo.ts";

/** Recordings and alerts of a service's SLOs, in the shape that Sloth generates. */
export function sloRules(slos: readonly Slo[]): RuleFile {
  return {
    groups: slos.flatMap((slo) => [...sliRecordings(slo), metaRecordings(slo), burnAlerts(slo)]),
  };
}
