import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { EligibilityService, EligibleSetSchema } from "@marketmesh/contracts/eligibility/v1";
import { breather, demandOf, toSet } from "@marketmesh/listing-projection";
import { phaseOf, tracerOf } from "@marketmesh/telemetry";
import { toFunnelMessage } from "./eligibility-message.ts";
import { type Inquiry, type InquiryDeps, open, residualsOf } from "./inquiry.ts";

const setsPerMessage = 100;
/** A message that is larger than this is sent, whatever it holds. */
const messageBytesMax = 1_000_000;

const phase = phaseOf(tracerOf("eligibility"));

type SetMessage = MessageInitShape<typeof EligibleSetSchema>;

export function batchListEligible(
  deps: InquiryDeps,
): ServiceImpl<typeof EligibilityService>["batchListEligible"] {
  return async function* (request, context) {
    const inquiry = await open(deps, request, context);
    using span = phase("evaluate", { "marketmesh.demands": request.demands.length });
    let pairs = 0;
    const { breathe } = breather(context.signal);
    let sets: SetMessage[] = [];
    let bytes = 0;
    for (const [at, name] of request.demands.entries()) {
      const set = eligibleSet(inquiry, { name, field: `demands[${at}]`, funnel: request.funnels });
      sets.push(set);
      pairs += set.supplies?.count ?? 0;
      bytes += set.supplies?.members?.length ?? 0;
      if (sets.length >= setsPerMessage || bytes >= messageBytesMax) {
        yield { sets };
        sets = [];
        bytes = 0;
      }
      await breathe();
    }
    span.tell("marketmesh.eligible_pairs", pairs);
    if (sets.length > 0) yield { sets };
  };
}

interface Asked {
  readonly name: string;
  readonly field: string;
  readonly funnel: boolean;
}

function eligibleSet(inquiry: Inquiry, { name, field, funnel }: Asked): SetMessage {
  const { supply, demand: kind, viewer, policy, feedSeq } = inquiry;
  const demand = demandOf(kind, name, viewer, field);
  if ("absence" in demand) {
    return { demand: name, policyVersion: policy.version, absenceReason: demand.absence };
  }
  const counterpart = kind.index.counterpart(demand.ordinal);
  const residuals = residualsOf(inquiry, "demand", demand.attributes);
  const found = supply.index.funnel(residuals, { viewer, counterpart });
  return {
    demand: name,
    supplies: toSet({ kind: supply, feedSeq }, found.set),
    ...(funnel && { funnel: toFunnelMessage(found, policy) }),
    demandVersion: demand.version,
    policyVersion: policy.version,
  };
}
