import type { ServiceImpl } from "@connectrpc/connect";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { toFunnelMessage } from "./eligibility-message.ts";
import { type InquiryDeps, open, residualsOf } from "./inquiry.ts";

export function getFunnel(deps: InquiryDeps): ServiceImpl<typeof EligibilityService>["getFunnel"] {
  return async (request, context) => {
    const inquiry = await open(deps, request, context);
    const { supply, demand: kind, policy, caller, viewer } = inquiry;
    const demand = await deps.subjects.resolve(
      { kind, subject: request.demand, field: "demand" },
      caller,
      context.signal,
    );
    const funnel = supply.index.funnel(residualsOf(inquiry, "demand", demand.attributes), {
      viewer,
      counterpart: demand.counterpart,
    });
    return { funnel: toFunnelMessage(funnel, policy), policyVersion: policy.version };
  };
}
