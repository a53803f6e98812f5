import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { InventoryService } from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import type { Level } from "../domain/level.ts";
import { addUnits, countUnits, embargo, type StockOutcome, transferUnits } from "../domain/stock.ts";
import { type ChangeTimes, changeStock } from "../inventory/change-stock.ts";
import type { Shell } from "../shell.ts";
import type { ChangeKind } from "../storage/capacity-change-store.ts";
import { toLevelMessage } from "./capacity-message.ts";
import { patterns } from "./names.ts";
import { refuse } from "./problem.ts";

const methods = InventoryService.method;
type Methods = Pick<
  ServiceImpl<typeof InventoryService>,
  "receiveStock" | "correctStock" | "writeOffStock" | "transferStock" | "recordStockCount" | "setEmbargo"
>;

export function stock(shell: Pick<Shell, "database">): Methods {
  return {
    receiveStock: (request, context) => {
      const { market, work } = changing("RECEIVE", request, (level, { now }) =>
        addUnits(placedOf(level, request), placeOf(request), Number(request.units), now),
      );
      return mutate(shell, context, { method: methods.receiveStock, market, request }, work);
    },

    correctStock: (request, context) => {
      const { market, work } = changing("CORRECT", request, (level, { now }) =>
        addUnits(placedOf(level, request), placeOf(request), Number(request.delta), now),
      );
      return mutate(shell, context, { method: methods.correctStock, market, request }, work);
    },

    writeOffStock: (request, context) => {
      const { market, work } = changing("WRITE_OFF", request, (level, { now }) =>
        addUnits(placedOf(level, request), placeOf(request), -Number(request.units), now),
      );
      return mutate(shell, context, { method: methods.writeOffStock, market, request }, work);
    },

    transferStock: (request, context) => {
      const from = { location: request.fromLocation, slot: "" };
      const to = { location: request.toLocation, slot: "" };
      if (from.location === to.location) throw invalidField("to_location", "is where the units are already");
      const { market, work } = changing("TRANSFER", request, (level, { now }) =>
        transferUnits(supplyOf(level, request.listing), from, to, Number(request.units), now),
      );
      return mutate(shell, context, { method: methods.transferStock, market, request }, work);
    },

    recordStockCount: (request, context) => {
      const { location, allocatedGone } = request;
      const { market, work } = changing("COUNT", request, (level, { now }) =>
        countUnits(
          placedOf(level, request),
          { location, slot: "" },
          Number(request.countedUnits),
          allocatedGone,
          now,
        ),
      );
      return mutate(shell, context, { method: methods.recordStockCount, market, request }, work);
    },

    setEmbargo: (request, context) => {
      const until = request.embargoUntil && timestampDate(request.embargoUntil);
      const { market, work } = changing("EMBARGO", request, (level, { now }) =>
        embargo(supplyOf(level, request.listing), until, now),
      );
      return mutate(shell, context, { method: methods.setEmbargo, market, request }, work);
    },
  };
}

/** What every request to change one listing's stock says. */
interface StockRequest {
  readonly listing: string;
  readonly reason: string;
  readonly etag: string;
}

/** The work of a request to change one listing's stock, and the market that it is in; it answers the level then. */
export function changing(
  kind: ChangeKind,
  request: StockRequest,
  decide: (level: Level, times: ChangeTimes) => StockOutcome,
) {
  const { market, listing } = idsOf(patterns.listing, request.listing, "listing");
  const { reason, etag } = request;
  const work = async (tx: Tx, caller: Caller) => {
    const level = await changeStock(tx, caller, { market, listing, kind, reason, etag }, decide);
    return { capacityLevel: toLevelMessage(market, level) };
  };
  return { market, listing, work };
}

/** What demand wants is nowhere: only supply has locations. */
function placedOf(
  level: Level,
  { location, listing }: { readonly location: string; readonly listing: string },
): Level {
  return location === "" ? level : supplyOf(level, listing);
}

/** Locations, time slots and embargoes are of supply alone. */
export function supplyOf(level: Level, listing: string): Level {
  if (level.side === "DEMAND") throw refuse("SIDE_INVALID", `${listing} is demand`, { listing });
  return level;
}

function placeOf({ location, slot }: { readonly location: string; readonly slot: string }) {
  return { location, slot };
}
