import { run } from "@marketmesh/service-host";
import { bindIdentity } from "./service.ts";

await run("identity", bindIdentity); // config, listen, health, signals and ordered shutdown live in the host
