import { run } from "@marketmesh/service-host/run";
import { collectSeldom } from "./heap-growth.ts";
import { migrations } from "./migrations.ts";

collectSeldom();
// Serving, migrating and the health check load what they need, no more.
await run("allocation", { migrations, bind: async () => (await import("./service.ts")).bindAllocation });
