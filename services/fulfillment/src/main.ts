import { run } from "@marketmesh/service-host/run";
import { migrateMore, migrations } from "./migrations.ts";

// Serving, migrating and the health check load what they need, no more.
await run("fulfillment", {
  migrations,
  migrateMore,
  bind: async () => (await import("./service.ts")).bindFulfillment,
});
