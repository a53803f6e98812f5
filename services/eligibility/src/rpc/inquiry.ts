import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { formatName, namePatterns } from "@marketmesh/contracts";
import type { Viewer } from "@marketmesh/listing-index";
import {
  decisionMs,
  kindNotFound,
  type ListingProjection,
  type ProjectedKind,
  type Subjects,
  viewerOf,
} from "@marketmesh/listing-projection";
import { type Caller, callerOf, idsOf } from "@marketmesh/rpc";
import { type Attributes, type Residual, type Side, specialise } from "@marketmesh/rules";
import type { CompiledPolicy } from "../domain/compiled-policy.ts";
import type { Policy } from "../domain/policy.ts";
import type { PolicyCache } from "../policy-cache.ts";
import { readPolicy } from "./read-policy.ts";
import type { Shell } from "./shell.ts";

/** What a question about a policy is answered from. */
export interface InquiryDeps {
  readonly shell: Shell;
  readonly listings: ListingProjection;
  readonly policies: PolicyCache;
  readonly subjects: Subjects;
}

/** What every question says. */
export interface InquiryRequest {
  readonly policy: string;
  /** 0 means the current one. */
  readonly policyVersion?: bigint;
  readonly revisions: readonly string[];
  readonly decisionTime?: Timestamp | undefined;
}

/** One policy at one version, the listings of both sides, and on whose behalf it is asked. */
export interface Inquiry {
  readonly market: string;
  readonly policy: Policy;
  readonly compiled: CompiledPolicy;
  readonly supply: ProjectedKind;
  readonly demand: ProjectedKind;
  /** The position in the listing feed that is reflected at least. */
  readonly feedSeq: bigint;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly caller: Caller;
  readonly viewer: Viewer | undefined;
}

export async function open(
  { shell, listings, policies }: InquiryDeps,
  request: InquiryRequest,
  context: HandlerContext,
): Promise<Inquiry> {
  const caller = callerOf(context);
  const ids = idsOf(namePatterns.policy, request.policy, "policy");
  const { market } = ids;
  const policy = await readPolicy(shell, context, ids, request.policyVersion ?? 0n);
  await listings.waitFor(market, request.revisions, context.signal);
  // Read before the kinds: what they hold is as new as this or newer.
  const feedSeq = listings.position?.feedSeq ?? 0n;
  const kindOf = async (kindId: string, versionMin: bigint, field: string) => {
    const name = formatName(namePatterns.kind, { market, kind: kindId });
    const kind = await listings.kind(name, context.signal, versionMin);
    if (kind === undefined) throw kindNotFound(name, field);
    return kind;
  };
  const supply = await kindOf(policy.supplyKind, policy.supplyKindVersion, "policy.supply_kind");
  const demand = await kindOf(policy.demandKind, policy.demandKindVersion, "policy.demand_kind");
  const compiled = policies.compiled(policy, { supply, demand });
  const now = decisionMs(request.decisionTime, compiled.readsNow);
  return { market, policy, compiled, supply, demand, feedSeq, now, caller, viewer: viewerOf(caller) };
}

/** What is left of each rule when one side is known. */
export function residualsOf({ compiled, now }: Inquiry, side: Side, attributes: Attributes): Residual[] {
  return compiled.rules.map(({ rule }) => specialise(rule, side, attributes, now));
}
