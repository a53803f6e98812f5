import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService, HoldRest } from "@marketmesh/contracts/allocation/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, listById, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import type { HoldRefusal } from "../domain/hold.ts";
import { type RenewedHold, renewHold } from "../ledger/renew-hold.ts";
import { type AskedSettlement, type SettledHold, settleAsked } from "../ledger/settle-asked.ts";
import type { Shell } from "../shell.ts";
import { readAllocation } from "../storage/allocation-store.ts";
import { listHolds, readHolds } from "../storage/hold-store.ts";
import { isFresh } from "./etag.ts";
import { fromHoldState, toAllocationMessage, toHoldMessage } from "./hold-message.ts";
import { listingOf, patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";

const methods = AllocationService.method;
type Methods = Pick<
  ServiceImpl<typeof AllocationService>,
  "getHold" | "listHolds" | "renewHold" | "confirmHold" | "releaseHold"
>;

export function holds(shell: Shell): Methods {
  return {
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

    renewHold: async (request, context) => {
      const { market, hold: id } = idsOf(patterns.hold, request.name);
      const expireTime = timestampDate(request.expireTime!);
      const mutation = { method: methods.renewHold, market, request };
      const response = await mutate(shell, context, mutation, async (tx, caller) => {
        await assertSeen(tx, market, id, caller, request.name);
        const renewed = await renewHold(tx, market, id, expireTime, (version) =>
          isFresh(request.etag, version),
        );
        if (renewed.ok) return { hold: toHoldMessage(market, renewed.hold) };
        throw renewalRefusal(request.name, renewed);
      });
      shell.expiry.comes(expireTime);
      return response;
    },

    confirmHold: (request, context) => {
      const { market, hold: id } = idsOf(patterns.hold, request.name);
      return mutate(shell, context, { method: methods.confirmHold, market, request }, async (tx, caller) => {
        await assertSeen(tx, market, id, caller, request.name);
        const rest = request.rest === HoldRest.KEEP ? shell.uuid() : undefined;
        const asked = { to: "CONFIRMED", units: Number(request.units), rest } as const;
        const settled = await settleOne(tx, market, { ...asked, hold: id }, request);
        const allocation = (await readAllocation(tx, market, id))!;
        return {
          hold: toHoldMessage(market, settled.hold),
          allocation: toAllocationMessage(market, allocation),
          ...(settled.rest && { rest: toHoldMessage(market, settled.rest) }),
        };
      });
    },

    releaseHold: (request, context) => {
      const { market, hold: id } = idsOf(patterns.hold, request.name);
      return mutate(shell, context, { method: methods.releaseHold, market, request }, async (tx, caller) => {
        await assertSeen(tx, market, id, caller, request.name);
        const asked = { to: "RELEASED", units: 0, rest: undefined } as const;
        const { hold } = await settleOne(tx, market, { ...asked, hold: id }, request);
        return { hold: toHoldMessage(market, hold) };
      });
    },
  };
}

/** The hold as the caller sees it, then the market's hands. */
async function assertSeen(tx: Tx, market: string, id: string, caller: Caller, name: string): Promise<void> {
  const [visible] = await readHolds(tx, market, [id]);
  found(visible, caller, "HOLD_NOT_FOUND", name);
  await actAsMarket(tx);
}

async function settleOne(
  tx: Tx,
  market: string,
  asked: AskedSettlement,
  request: { readonly name: string; readonly etag: string },
): Promise<SettledHold> {
  const fresh = (version: number) => isFresh(request.etag, version);
  const { byId } = await settleAsked(tx, market, [{ ...asked, isFresh: fresh }]);
  const settled = byId.get(asked.hold)!;
  if (settled.refusal === "ETAG_MISMATCH") throw staleEtag(request.name);
  if (settled.refusal) throw refusalOf(settled.refusal, request.name, settled.hold.state);
  return settled;
}

function refusalOf(reason: HoldRefusal, name: string, state: string) {
  const messages = {
    HOLD_IN_BUNDLE: `${name} is part of a bundle, which is settled as a whole`,
    HOLD_HAS_OFFER: `${name} was offered: its offer is to be answered or rescinded`,
    HOLD_UNITS_EXCEEDED: `${name} has fewer units`,
    HOLD_NOT_HELD: `${name} is not held any more`,
  } satisfies Record<HoldRefusal, string>;
  const metadata = { hold: name, ...(reason === "HOLD_NOT_HELD" && { state }) };
  return refuse(reason, messages[reason], metadata);
}

function renewalRefusal(name: string, refused: Exclude<RenewedHold, { ok: true }>) {
  const { reason, hold, marketTime, latest } = refused;
  if (reason === "ETAG_MISMATCH") return staleEtag(name);
  if (reason === "EXPIRE_TIME_PAST") {
    const times = { marketTime: marketTime.toISOString() };
    return refuse(reason, "the time is over by the market clock", times, "expire_time");
  }
  if (reason === "EXPIRE_TIME_TOO_LATE") {
    const times = { latest: latest.toISOString() };
    return refuse(reason, "a hold lasts at most 366 days", times, "expire_time");
  }
  return refusalOf(reason, name, hold.state);
}
