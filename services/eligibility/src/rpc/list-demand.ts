import type { ServiceImpl } from "@connectrpc/connect";
import type { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { type InquiryDeps, open, residualsOf } from "./inquiry.ts";
import { listingPage } from "./listing-page.ts";

/** The reverse question: the supply is known, and the rules are asked of the demands' index. */
export function listDemand(deps: InquiryDeps): ServiceImpl<typeof EligibilityService>["listDemand"] {
  return async (request, context) => {
    const inquiry = await open(deps, request, context);
    const { demand, supply: kind, caller, viewer } = inquiry;
    const supply = await deps.subjects.resolve(
      { kind, subject: request.supply, field: "supply" },
      caller,
      context.signal,
    );
    const { set } = demand.index.funnel(residualsOf(inquiry, "supply", supply.attributes), {
      viewer,
      counterpart: supply.counterpart,
    });
    const { policy, supply: asked, decisionTime } = request;
    const page = listingPage(request, { policy, asked, decisionTime }, demand, set);
    const { names: demands, nextPageToken, totalSize } = page;
    return { demands, nextPageToken, totalSize };
  };
}
