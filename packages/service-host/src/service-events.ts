import { FeedService } from "@marketmesh/contracts/events/v1";
import type { Events } from "@marketmesh/events";
import type { Database } from "@marketmesh/postgres";
import { readBrokerLogin } from "./broker-settings.ts";
import { readConfig } from "./config.ts";
import type { Host } from "./host.ts";
import { eventSettings } from "./host-settings.ts";

/** Connects a service to the broker and serves its FeedService. */
export async function openServiceEvents(host: Host, database: Database): Promise<Events> {
  const { feedServiceRoutes, openEvents } = await import("@marketmesh/events");
  const events = await openEvents({
    service: host.name,
    database,
    ...readConfig(eventSettings, host.env),
    login: readBrokerLogin(host.env),
    feedsOf: (service) => host.mesh(FeedService, { target: service }),
    metrics: host.telemetry.metrics,
    onRelayStep: (step) => host.faultPoint(`relay.${step}`),
    onNotice: ({ level, message, attributes }) => host.log[level](message, attributes),
  });
  host.serve(FeedService, feedServiceRoutes(events));
  return events;
}
