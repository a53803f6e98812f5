import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { InventoryService, type Slot as SlotMessage } from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, encodePageToken, idsOf, invalidField, pageOf } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { defaultPlace } from "../domain/pool.ts";
import { defineSlots, type Slot } from "../domain/slots.ts";
import { placesOf } from "../domain/stock.ts";
import type { Shell } from "../shell.ts";
import { lockLevels, readLevels } from "../storage/capacity-store.ts";
import { listPools, readUsedSlots } from "../storage/pool-store.ts";
import { toPoolMessage } from "./capacity-message.ts";
import { patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";
import { changing, supplyOf } from "./stock.ts";

const methods = InventoryService.method;
type Methods = Pick<
  ServiceImpl<typeof InventoryService>,
  "listCapacityPools" | "defineSlot" | "replaceSlots"
>;

export function slots(shell: Pick<Shell, "database">): Methods {
  return {
    listCapacityPools: (request, context) => {
      const { market, listing } = idsOf(patterns.listing, request.listing, "listing");
      const location = request.location === "" ? undefined : request.location;
      const filter = ["pools", market, listing, request.location];
      const { size, after } = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
      const place = { location: String(after?.[0] ?? ""), slot: String(after?.[1] ?? "") };
      return read(shell, context, market, async (tx, caller) => {
        const [level] = await readLevels(tx, market, [listing]);
        const [first] = placesOf(found(level, caller, "CAPACITY_NOT_FOUND", request.listing));
        // The default location stands first of all, and is no row.
        const start = after || location !== undefined ? [] : [first!];
        const pools = await listPools(tx, market, listing, location, place, size + 1 - start.length);
        const rows = [...start, ...pools];
        const last = rows[size - 1] ?? defaultPlace;
        return {
          pools: rows.slice(0, size).map(toPoolMessage),
          nextPageToken: rows.length > size ? encodePageToken([last.location, last.slot], filter) : "",
        };
      });
    },

    defineSlot: (request, context) => {
      const slot = slotOf(request.slot!, "slot");
      const { market, work } = defining(request, [slot], false);
      return mutate(shell, context, { method: methods.defineSlot, market, request }, work);
    },

    replaceSlots: (request, context) => {
      const wanted = request.slots.map((slot, at) => slotOf(slot, `slots[${at}]`));
      if (new Set(wanted.map(({ id }) => id)).size < wanted.length)
        throw invalidField("slots", "names a slot twice");
      const { market, work } = defining(request, wanted, true);
      return mutate(shell, context, { method: methods.replaceSlots, market, request }, work);
    },
  };
}

interface SlotsRequest {
  readonly listing: string;
  readonly location: string;
  readonly reason: string;
  readonly etag: string;
}

function defining(request: SlotsRequest, slots: readonly Slot[], replace: boolean) {
  const { location } = request;
  const { market, listing, work } = changing("SLOTS", request, (level, times) =>
    defineSlots(supplyOf(level, request.listing), location, slots, { replace, ...times }),
  );
  const ids = slots.map(({ id }) => id);
  const checked = async (tx: Tx, caller: Caller) => {
    // Slots that are over with all their units allocated do not come with the level, but their ids are taken.
    await lockLevels(tx, market, [listing]);
    const [used] = await readUsedSlots(tx, market, listing, location, ids);
    if (used !== undefined) {
      const place = { listing: request.listing, location, slot: used };
      throw refuse("SLOT_CLAIMED", `the slot ${used} is over and was claimed`, place);
    }
    return work(tx, caller);
  };
  return { market, work: checked };
}

function slotOf({ id, startTime, endTime, units }: SlotMessage, field: string): Slot {
  const [start, end] = [timestampDate(startTime!), timestampDate(endTime!)];
  if (start >= end) throw invalidField(`${field}.end_time`, "is not after start_time");
  return { id, start, end, units: Number(units) };
}
