import type { DescEnum } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { decodeListingBlock } from "@marketmesh/contracts";
import {
  type Decision,
  Decision_ResultSchema,
  type Offer,
  Offer_StateSchema,
} from "@marketmesh/contracts/allocation/v1";
import { Listing_StateSchema, SideSchema } from "@marketmesh/contracts/catalog/v1";
import type { Mesh } from "../mesh.ts";
import { idOf, MarketNames } from "./names.ts";
import { pagesOf } from "./pages.ts";

export const exportNames = ["listings", "offers", "allocations", "decisions"] as const;
export type ExportName = (typeof exportNames)[number];

type Records = AsyncGenerator<Readonly<Record<string, unknown>>>;

/** What a market holds, one record a line of NDJSON: enough to recompute eligibility, capacity, fill rate and hash. */
export function exportMarket(mesh: Mesh, market: string, what: ExportName): Records {
  const parent = new MarketNames(market).market;
  switch (what) {
    case "listings":
      return listings(mesh, parent);
    case "offers":
      return offers(mesh, parent);
    case "allocations":
      return allocations(mesh, parent);
    case "decisions":
      return decisions(mesh, parent);
  }
}

async function* listings(mesh: Mesh, parent: string): Records {
  const sides = new Map<string, string>();
  for await (const { part } of mesh.catalog.exportListings({ parent }, { timeoutMs: 600_000 })) {
    if (part.case === "kind") sides.set(part.value.kind!.name, nameOf(SideSchema, part.value.kind!.side));
    if (part.case !== "block") continue;
    for (const row of decodeListingBlock(part.value)) {
      yield {
        id: row.id,
        side: sides.get(part.value.kind),
        kind: idOf(part.value.kind),
        state: nameOf(Listing_StateSchema, row.state),
        owner: row.owner,
        capacity: {
          units: row.capacityUnits < 0 ? null : row.capacityUnits,
          unlimited: row.capacityUnits < 0,
          exclusiveGroup: row.exclusiveGroup,
        },
        groups: row.groups,
        attributes: row.attributes,
      };
    }
  }
}

async function* offers(mesh: Mesh, parent: string): Records {
  for await (const page of pagesOf((page) => mesh.allocation.listOffers({ parent, ...page }))) {
    for (const offer of page.offers) yield offerRecord(offer);
  }
}

function offerRecord(offer: Offer) {
  return {
    offerId: idOf(offer.name),
    demandId: idOf(offer.demand),
    supplyId: idOf(offer.supply),
    units: Number(offer.units),
    score: offer.score,
    state: nameOf(Offer_StateSchema, offer.state),
    partyId: idOf(offer.party),
    roundId: idOf(offer.round),
    createTime: isoOf(offer.createTime),
    expireTime: isoOf(offer.expireTime),
    answerTime: isoOf(offer.answerTime),
  };
}

async function* allocations(mesh: Mesh, parent: string): Records {
  for await (const page of pagesOf((page) => mesh.allocation.listAllocations({ parent, ...page }))) {
    for (const allocation of page.allocations) {
      yield {
        demandId: idOf(allocation.demand),
        supplyId: idOf(allocation.supply),
        units: Number(allocation.units),
        score: allocation.score,
        createTime: isoOf(allocation.createTime),
      };
    }
  }
}

async function* decisions(mesh: Mesh, parent: string): Records {
  for await (const page of pagesOf((page) => mesh.allocation.listDecisions({ parent, ...page }))) {
    for (const decision of page.decisions) yield decisionRecord(decision);
  }
}

function decisionRecord(decision: Decision) {
  const { funnel } = decision;
  return {
    decisionId: idOf(decision.name),
    demandId: idOf(decision.demand),
    roundId: idOf(decision.round),
    result: nameOf(Decision_ResultSchema, decision.result),
    openUnits: Number(decision.openUnits),
    policyVersion: Number(decision.policyVersion),
    planVersion: Number(decision.planVersion),
    demandModelVersion: Number(decision.demandModelVersion),
    supplyModelVersion: Number(decision.supplyModelVersion),
    statisticsVersion: Number(decision.statisticsVersion),
    demandVersion: Number(decision.demandVersion),
    feedSeq: Number(decision.feedSeq),
    decisionTime: isoOf(decision.decisionTime),
    ...(funnel !== undefined && {
      funnel: {
        considered: funnel.considered,
        steps: funnel.steps.map(({ reason, remaining }) => ({ reason, remaining })),
        eligible: funnel.eligible,
      },
    }),
    outcomes: decision.outcomes.map((outcome) => ({
      supplyId: idOf(outcome.supply),
      units: Number(outcome.units),
      demandScore: outcome.demandScore,
      supplyScore: outcome.supplyScore,
    })),
  };
}

function isoOf(time: Offer["createTime"]): string | null {
  return time === undefined ? null : timestampDate(time).toISOString();
}

/** The name of an enum's value without its prefix: `ACTIVE`. */
function nameOf(schema: DescEnum, value: number): string {
  return schema.value[value]?.localName ?? String(value);
}
