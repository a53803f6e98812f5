import { run } from "@marketmesh/service-host";
import { bindScoring } from "./service.ts";

await run("scoring", bindScoring);
