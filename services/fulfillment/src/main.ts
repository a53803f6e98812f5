import { run } from "@marketmesh/service-host";
import { bindFulfillment } from "./service.ts";

await run("fulfillment", bindFulfillment); // config, listen, health, signals and ordered shutdown live in the host
