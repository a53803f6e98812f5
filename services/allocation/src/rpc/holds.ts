import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService, type Hold as HoldMessage } from "@marketmesh/contracts/allocation/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField, listById, notAccessible, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { type Hold, mayConfirm, mayRelease } from "../domain/hold.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { settleHolds } from "../ledger/settle-holds.ts";
import { claimHold, writeHolds } from "../ledger/take-holds.ts";
import type { Shell } from "../shell.ts";
import { readAllocation } from "../storage/allocation-store.ts";
import { readLevels } from "../storage/capacity-store.ts";
import { type Clock, holdClock } from "../storage/clock-store.ts";
import { listHolds, lockHolds, readHolds } from "../storage/hold-store.ts";
import { isFresh } from "./etag.ts";
import { fromHoldState, toAllocationMessage, toHoldMessage } from "./hold-message.ts";
import { listingOf, nameOf, patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";

const methods = AllocationService.method;
const holdMsDefault = 15 * 60_000;
type Methods = Pick<
  ServiceImpl<typeof AllocationService>,
  "createHold" | "getHold" | "listHolds" | "confirmHold" | "releaseHold"
>;

export function holds(shell: Shell): Methods {
  return {
    createHold: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const pair = pairOf(market, request.hold!);
      return mutate(shell, context, { method: methods.createHold, market, request }, async (tx, caller) => {
        await refuseHiddenListings(tx, market, caller, [pair.demand, pair.supply]);
        await actAsMarket(tx);
        const clock = await holdClock(tx, market);
        const expireTime = expireTimeOf(request.hold!, clock);
        const ledger = await openLedger(tx, market, [pair.demand, pair.supply]);
        const origin = { score: 0, supplyScore: 0, plan: "", round: "", decision: "" };
        const terms = { answeredBy: undefined, commit: false, expireTime };
        const taken = claimHold(ledger, { ...pair, ...origin, id: shell.uuid() }, terms, clock.time);
        if (!taken.ok) {
          const listing = nameOf(market, "listings", taken.listingId);
          throw refuse(taken.reason, `${listing}: ${claimMessages[taken.reason]}`, { listing });
        }
        const [hold] = await writeHolds(tx, market, ledger, [taken.hold], terms, clock);
        return { hold: toHoldMessage(market, hold!) };
      });
    },

    getHold: (request, context) => {
      const { market, hold: id } = idsOf(patterns.hold, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const [hold] = await readHolds(tx, market, [id]);
        return { hold: toHoldMessage(market, found(hold, caller, "HOLD_NOT_FOUND", request.name)) };
      });
    },

    listHolds: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const filter = {
        state: fromHoldState(request.state),
        demand: listingOf(market, request.demand, "demand"),
        supply: listingOf(market, request.supply, "supply"),
      };
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["holds", market, filter], (after, limit) =>
          listHolds(tx, market, filter, after, limit),
        ),
      );
      return { holds: rows.map((hold) => toHoldMessage(market, hold)), nextPageToken };
    },

    confirmHold: (request, context) => {
      const { market, hold: id } = idsOf(patterns.hold, request.name);
      return mutate(shell, context, { method: methods.confirmHold, market, request }, async (tx, caller) => {
        const { hold, clock } = await lockHold(tx, market, id, caller, request);
        if (hold.state === "CONFIRMED") {
          const allocation = (await readAllocation(tx, market, id))!;
          return { hold: toHoldMessage(market, hold), allocation: toAllocationMessage(market, allocation) };
        }
        refuseStale(request, hold);
        refuseUnless(mayConfirm(hold, clock.time), request.name, hold);
        const settled = await settleHolds(tx, market, [{ hold, to: "CONFIRMED" }], clock);
        return {
          hold: toHoldMessage(market, settled.holds[0]!),
          allocation: toAllocationMessage(market, settled.allocations[0]!),
        };
      });
    },

    releaseHold: (request, context) => {
      const { market, hold: id } = idsOf(patterns.hold, request.name);
      return mutate(shell, context, { method: methods.releaseHold, market, request }, async (tx, caller) => {
        const { hold, clock } = await lockHold(tx, market, id, caller, request);
        if (hold.state === "RELEASED") return { hold: toHoldMessage(market, hold) };
        refuseStale(request, hold);
        refuseUnless(mayRelease(hold), request.name, hold);
        const settled = await settleHolds(tx, market, [{ hold, to: "RELEASED" }], clock);
        return { hold: toHoldMessage(market, settled.holds[0]!) };
      });
    },
  };
}

async function lockHold(
  tx: Tx,
  market: string,
  id: string,
  caller: Caller,
  request: { readonly name: string },
): Promise<{ hold: Hold; clock: Clock }> {
  const [visible] = await readHolds(tx, market, [id]);
  found(visible, caller, "HOLD_NOT_FOUND", request.name);
  await actAsMarket(tx);
  const clock = await holdClock(tx, market);
  const [hold] = await lockHolds(tx, market, [id]);
  return { hold: hold!, clock };
}

// Not where the hold has become what was asked for: a repeat changes nothing, whichever version was read.
function refuseStale(request: { readonly name: string; readonly etag: string }, hold: Hold): void {
  if (!isFresh(request.etag, hold.version)) throw staleEtag(request.name);
}

function refuseUnless(
  reason: "HOLD_NOT_HELD" | "HOLD_HAS_OFFER" | undefined,
  name: string,
  hold: Hold,
): void {
  if (reason === "HOLD_HAS_OFFER") {
    throw refuse(reason, `${name} was offered: its offer is to be answered or rescinded`, { hold: name });
  }
  if (reason) throw refuse(reason, `${name} is not held any more`, { hold: name, state: hold.state });
}

const claimMessages = {
  CAPACITY_NOT_FOUND: "its capacity is not known",
  SIDE_INVALID: "it stands on the other side of the market",
  LISTING_NOT_OPEN: "it is not ACTIVE",
  CAPACITY_EXHAUSTED: "fewer units are left",
  GROUP_EXHAUSTED: "the group of the demand has its one unit",
} as const;

/** A party may hold its own listings only; what it does not own it does not see here. */
async function refuseHiddenListings(tx: Tx, market: string, caller: Caller, listings: readonly string[]) {
  if (caller.reach !== "PARTY") return;
  const visible = new Set((await readLevels(tx, market, listings)).map(({ listingId }) => listingId));
  const hidden = listings.find((listing) => !visible.has(listing));
  if (hidden !== undefined) throw notAccessible(nameOf(market, "listings", hidden));
}

function pairOf(market: string, hold: HoldMessage) {
  const demand = listingOf(market, hold.demand, "hold.demand");
  const supply = listingOf(market, hold.supply, "hold.supply");
  if (demand === undefined) throw invalidField("hold.demand", "is required");
  if (supply === undefined) throw invalidField("hold.supply", "is required");
  if (demand === supply) throw invalidField("hold.supply", "is the demand itself");
  return { demand, supply, units: Number(hold.units) || 1 };
}

function expireTimeOf(hold: HoldMessage, clock: Clock): Date {
  const expireTime = hold.expireTime
    ? timestampDate(hold.expireTime)
    : new Date(clock.time.getTime() + holdMsDefault);
  if (expireTime > clock.time) return expireTime;
  const times = { expireTime: expireTime.toISOString(), marketTime: clock.time.toISOString() };
  throw refuse("EXPIRE_TIME_PAST", "the time is over by the market clock", times, "hold.expire_time");
}
