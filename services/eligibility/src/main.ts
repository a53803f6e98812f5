import { run } from "@marketmesh/service-host";
import { bindEligibility } from "./service.ts";

await run("eligibility", bindEligibility);
