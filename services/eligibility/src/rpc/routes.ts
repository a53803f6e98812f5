import type { ServiceImpl } from "@connectrpc/connect";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import type { Kinds } from "@marketmesh/listing-projection";
import { batchListEligible } from "./batch-list-eligible.ts";
import { checkEligibility } from "./check-eligibility.ts";
import { createPolicy } from "./create-policy.ts";
import { getFunnel } from "./get-funnel.ts";
import { getPolicy } from "./get-policy.ts";
import type { InquiryDeps } from "./inquiry.ts";
import { listDemand } from "./list-demand.ts";
import { listEligible } from "./list-eligible.ts";
import { listPolicies } from "./list-policies.ts";
import { updatePolicy } from "./update-policy.ts";
import { validatePolicy } from "./validate-policy.ts";

export interface Deps extends InquiryDeps {
  readonly catalog: Kinds;
}

export function routes(deps: Deps): ServiceImpl<typeof EligibilityService> {
  const { shell, catalog } = deps;
  return {
    createPolicy: createPolicy(shell, catalog),
    getPolicy: getPolicy(shell),
    listPolicies: listPolicies(shell),
    updatePolicy: updatePolicy(shell, catalog),
    validatePolicy: validatePolicy(catalog),
    checkEligibility: checkEligibility(deps),
    listEligible: listEligible(deps),
    batchListEligible: batchListEligible(deps),
    listDemand: listDemand(deps),
    getFunnel: getFunnel(deps),
  };
}
