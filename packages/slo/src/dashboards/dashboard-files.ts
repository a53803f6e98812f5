import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { allocationOutcome } from "./allocation-outcome.ts";
import { feedAndEvents } from "./feed.ts";
import { fulfilment } from "./fulfilment.ts";
import { overview } from "./overview.ts";
import { serviceDashboard } from "./service.ts";

/** Every dashboard by its file's name: overview, events, allocation outcome, fulfilment, and `service-<service>.json` for each. */
export function dashboardFiles(services: readonly string[]): ReadonlyMap<string, Dashboard> {
  return new Map([
    ["overview.json", overview(services)],
    ...services.map((service) => [`service-${service}.json`, serviceDashboard(service)] as const),
    ["events.json", feedAndEvents()],
    ["allocation-outcome.json", allocationOutcome()],
    ["fulfilment.json", fulfilment()],
  ]);
}

/** A dashboard as Grafana reads it. The same dashboard gives the same bytes. */
export function dashboardJson(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
