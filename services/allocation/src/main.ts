import { run } from "@marketmesh/service-host";
import { bindAllocation } from "./service.ts";

await run("allocation", bindAllocation); // config, listen, health, signals and ordered shutdown live in the host
