import type { ServiceImpl } from "@connectrpc/connect";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { evaluatePolicy } from "@marketmesh/rules";
import { toEligibilityMessage } from "./eligibility-message.ts";
import { type InquiryDeps, open } from "./inquiry.ts";

export function checkEligibility(
  deps: InquiryDeps,
): ServiceImpl<typeof EligibilityService>["checkEligibility"] {
  return async (request, context) => {
    const inquiry = await open(deps, request, context);
    const { caller } = inquiry;
    const [supply, demand] = await Promise.all([
      deps.subjects.resolve(
        { kind: inquiry.supply, subject: request.supply, field: "supply", version: request.supplyVersion },
        caller,
        context.signal,
      ),
      deps.subjects.resolve(
        { kind: inquiry.demand, subject: request.demand, field: "demand", version: request.demandVersion },
        caller,
        context.signal,
      ),
    ]);
    const pair = { supply: supply.attributes, demand: demand.attributes, now: inquiry.now };
    const verdict = evaluatePolicy(inquiry.compiled.rules, pair);
    const versions = {
      policyVersion: inquiry.policy.version,
      supplyVersion: supply.version,
      demandVersion: demand.version,
    };
    return { eligibility: { ...toEligibilityMessage(verdict, inquiry), ...versions } };
  };
}
