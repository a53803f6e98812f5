import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService, type Hold as HoldMessage } from "@marketmesh/contracts/allocation/v1";
import { type Caller, callerOf, idsOf, invalidField, notAccessible } from "@marketmesh/rpc";
import { activeTraceparent } from "@marketmesh/telemetry";
import type { AskedHold, CreatedHold } from "../ledger/create-holds.ts";
import type { Shell } from "../shell.ts";
import { toHoldMessage } from "./hold-message.ts";
import { listingOf, nameOf, patterns } from "./names.ts";
import { refuse } from "./problem.ts";

const methods = AllocationService.method;
type Methods = Pick<ServiceImpl<typeof AllocationService>, "createHold" | "batchCreateHolds">;

export function createHold(shell: Shell): Methods {
  return {
    // Together with others that come now: a commit for each would be most of what a hold costs.
    createHold: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const caller = callerOf(context);
      const asked = askedOf(shell, market, caller, request.hold!, "hold");
      const answer = ([created]: readonly CreatedHold[]) => {
        if (!created!.ok) throw claimRefusal(market, created!);
        return { hold: toHoldMessage(market, created!.hold) };
      };
      const call = { market, method: methods.createHold, requestId: request.requestId, request };
      const waiting = { caller, asked: [asked], call, answer, traceparent: activeTraceparent() };
      const response = await shell.holds.create(waiting, context.signal);
      shell.expiry.comes(asked.expireTime);
      return response;
    },

    batchCreateHolds: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const caller = callerOf(context);
      const asked = request.holds.map((hold, at) => askedOf(shell, market, caller, hold, `holds[${at}]`));
      const answer = (created: readonly CreatedHold[]) => ({
        holds: created.map((each) => outcomeOf(market, each)),
      });
      const call = { market, method: methods.batchCreateHolds, requestId: request.requestId, request };
      const waiting = { caller, asked, call, answer, traceparent: activeTraceparent() };
      const response = await shell.holdBatches.create(waiting, context.signal);
      for (const { expireTime } of asked) shell.expiry.comes(expireTime);
      return response;
    },
  };
}

function askedOf(shell: Shell, market: string, caller: Caller, hold: HoldMessage, field: string): AskedHold {
  const demand = listingOf(market, hold.demand, `${field}.demand`);
  const supply = listingOf(market, hold.supply, `${field}.supply`);
  if (demand === undefined) throw invalidField(`${field}.demand`, "is required");
  if (supply === undefined) throw invalidField(`${field}.supply`, "is required");
  if (demand === supply) throw invalidField(`${field}.supply`, "is the demand itself");
  const expireTime = hold.expireTime && timestampDate(hold.expireTime);
  // A party may hold its own listings only; what it does not own it does not see here.
  const party = caller.reach === "PARTY" ? (caller.party ?? "") : undefined;
  const asked = { id: shell.uuid(), demand, supply, units: Number(hold.units) || 1, expireTime, party };
  const { location, slot } = hold;
  return location === "" && slot === "" ? asked : { ...asked, place: { location, slot } };
}

type Refused = Exclude<CreatedHold, { ok: true }>;

/** @param timeField where the request says when the hold ends */
export function claimRefusal(market: string, refused: Refused, timeField = "hold.expire_time") {
  if (refused.reason === "EXPIRE_TIME_PAST") {
    const { expireTime, marketTime } = refused;
    const times = { expireTime: expireTime.toISOString(), marketTime: marketTime.toISOString() };
    return refuse("EXPIRE_TIME_PAST", "the time is over by the market clock", times, timeField);
  }
  const listing = nameOf(market, "listings", refused.listingId);
  if (refused.reason === "RESOURCE_NOT_ACCESSIBLE") return notAccessible(listing);
  return refuse(refused.reason, `${listing}: ${claimMessages[refused.reason]}`, { listing });
}

function outcomeOf(market: string, created: CreatedHold) {
  if (created.ok) return { hold: toHoldMessage(market, created.hold) };
  if (created.reason === "EXPIRE_TIME_PAST") return { reason: created.reason };
  return { reason: created.reason, listing: nameOf(market, "listings", created.listingId) };
}

const claimMessages = {
  CAPACITY_NOT_FOUND: "its capacity is not known",
  SIDE_INVALID: "it stands on the other side of the market",
  LISTING_NOT_OPEN: "it is not ACTIVE",
  CAPACITY_EXHAUSTED: "fewer units are left",
  CAPACITY_EMBARGOED: "it cannot be claimed yet",
  POOL_NOT_FOUND: "it has no such place",
  SLOT_OVER: "the time slot is over",
  GROUP_EXHAUSTED: "the group of the demand has its one unit",
} as const;
