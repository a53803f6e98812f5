import { toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions, Client } from "@connectrpc/connect";
import {
  type EligibilityService,
  type EligibleSet,
  FunnelSchema,
} from "@marketmesh/contracts/eligibility/v1";
import type { PackedSet } from "@marketmesh/contracts/sets/v1";
import { nameOf } from "../rpc/names.ts";
import { phase } from "../spans.ts";

/** The part of eligibility that decisions need. */
export type EligibilityClient = Pick<Client<typeof EligibilityService>, "batchListEligible">;

/** What a decision asks eligibility. */
export interface FilterQuestion {
  readonly market: string;
  readonly policy: string;
  /** 0: the current one. */
  readonly policyVersion: number;
  /** Listing ids, at most 1,000. */
  readonly demands: readonly string[];
  readonly decisionTime: Date;
  readonly revisions: readonly string[];
}

/** The eligible supply of one demand. */
export interface FilteredDemand {
  readonly demand: string;
  readonly supplies: PackedSet | undefined;
  readonly eligible: number;
  readonly funnel: Uint8Array | undefined;
  readonly demandVersion: number;
  readonly policyVersion: number;
  readonly feedSeq: number;
  /** Not judged: not there or not ACTIVE. */
  readonly absent: boolean;
}

/** Asks once for all demands; answers in the order asked. */
export function filterDemands(
  client: EligibilityClient,
  question: FilterQuestion,
  options: CallOptions,
): Promise<FilteredDemand[]> {
  return phase("filter", { "marketmesh.demands": question.demands.length }, async (span) => {
    const filtered = await ask(client, question, options);
    const pairs = filtered.reduce((sum, { eligible }) => sum + eligible, 0);
    span.setAttribute("marketmesh.eligible_pairs", pairs);
    return filtered;
  });
}

async function ask(
  client: EligibilityClient,
  question: FilterQuestion,
  options: CallOptions,
): Promise<FilteredDemand[]> {
  const { market, policy, policyVersion, demands, decisionTime, revisions } = question;
  const filtered: FilteredDemand[] = [];
  const stream = client.batchListEligible(
    {
      policy: nameOf(market, "policies", policy),
      policyVersion: BigInt(policyVersion),
      demands: demands.map((demand) => nameOf(market, "listings", demand)),
      decisionTime: timestampFromDate(decisionTime),
      revisions: [...revisions],
      funnels: true,
    },
    options,
  );
  for await (const { sets } of stream) for (const set of sets) filtered.push(filteredOf(set));
  if (filtered.length === demands.length && filtered.every(({ demand }, at) => demand === demands[at])) {
    return filtered;
  }
  throw new Error(`eligibility answered ${filtered.length} demands, not the ${demands.length} asked for`);
}

function filteredOf(set: EligibleSet): FilteredDemand {
  return {
    demand: set.demand.slice(set.demand.lastIndexOf("/") + 1),
    supplies: set.supplies,
    eligible: set.supplies?.count ?? 0,
    funnel: set.funnel && toBinary(FunnelSchema, set.funnel),
    demandVersion: Number(set.demandVersion),
    policyVersion: Number(set.policyVersion),
    feedSeq: Number(set.supplies?.feedSeq ?? 0),
    absent: set.absenceReason !== "",
  };
}
