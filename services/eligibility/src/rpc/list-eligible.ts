import type { ServiceImpl } from "@connectrpc/connect";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { type InquiryDeps, open, residualsOf } from "./inquiry.ts";
import { listingPage } from "./listing-page.ts";

export function listEligible(deps: InquiryDeps): ServiceImpl<typeof EligibilityService>["listEligible"] {
  return async (request, context) => {
    const inquiry = await open(deps, request, context);
    const { supply, demand: kind, caller, viewer } = inquiry;
    const demand = await deps.subjects.resolve(
      { kind, subject: request.demand, field: "demand" },
      caller,
      context.signal,
    );
    const { set } = supply.index.funnel(residualsOf(inquiry, "demand", demand.attributes), {
      viewer,
      counterpart: demand.counterpart,
    });
    const { policy, demand: asked, decisionTime } = request;
    const page = listingPage(request, { policy, asked, decisionTime }, supply, set);
    const { names: supplies, nextPageToken, totalSize } = page;
    return { supplies, nextPageToken, totalSize };
  };
}
