import { run } from "@marketmesh/service-host";
import { bindCatalog } from "./service.ts";

await run("catalog", bindCatalog);
