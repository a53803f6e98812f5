import { run } from "@marketmesh/service-host/run";
import { migrations } from "./migrations.ts";

// Serving, migrating and the health check load what they need, no more.
await run("scoring", { migrations, bind: async () => (await import("./service.ts")).bindScoring });
