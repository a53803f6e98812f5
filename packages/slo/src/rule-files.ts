import { eventAlerts } from "./alerts/event-alerts.ts";
import { outcomeAlerts } from "./alerts/outcome-alerts.ts";
import { platformAlerts } from "./alerts/platform-alerts.ts";
import { serviceAlerts } from "./alerts/service-alerts.ts";
import type { RuleFile } from "./rule.ts";
import type { MethodObjective } from "./slo/objectives.ts";
import { slosOf } from "./slo/slo.ts";
import { sloRules } from "./slo/slo-rules.ts";

/** A service and what its contract promises. */
export interface ServiceObjectives {
  readonly service: string;
  readonly objectives: readonly MethodObjective[];
}

/** Every rule file by its name: `slo-<service>.yaml` for each service, `services`, `events`, `outcomes` and `platform`. */
export function ruleFiles(services: readonly ServiceObjectives[]): ReadonlyMap<string, RuleFile> {
  const names = services.map(({ service }) => service);
  return new Map([
    ...services.map(
      ({ service, objectives }) => [`slo-${service}.yaml`, sloRules(slosOf(objectives))] as const,
    ),
    ["services.yaml", { groups: serviceAlerts(names) }],
    ["events.yaml", { groups: eventAlerts() }],
    ["outcomes.yaml", { groups: outcomeAlerts() }],
    ["platform.yaml", { groups: platformAlerts(names) }],
  ]);
}
