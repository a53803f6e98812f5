import type { Host } from "@marketmesh/service-host";

const migrations = new URL("../migrations/", import.meta.url);

/** Wires fulfillment together. */
export async function bindFulfillment(host: Host): Promise<void> {
  const database = await host.database({ migrations });
  await host.events(database);
}
