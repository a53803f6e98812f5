import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { scopeOf } from "@marketmesh/postgres";
import { callerOf, encodePageToken, idsOf, listById, pageOf, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { adjust } from "../domain/listing-projection.ts";
import { announceChanges } from "../events/outbox.ts";
import type { Shell } from "../shell.ts";
import { appendCapacityChanges, listCapacityChanges } from "../storage/capacity-change-store.ts";
import { listLevels, lockLevels, readLevels, saveLevels } from "../storage/capacity-store.ts";
import { readClock } from "../storage/clock-store.ts";
import { toChangeMessage, toLevelMessage } from "./capacity-message.ts";
import { isFresh } from "./etag.ts";
import { exportParts } from "./export-levels.ts";
import { patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";

const methods = AllocationService.method;
type Methods = Pick<
  ServiceImpl<typeof AllocationService>,
  | "getCapacityLevel"
  | "listCapacityLevels"
  | "adjustCapacity"
  | "listCapacityChanges"
  | "exportCapacityLevels"
>;

export function capacity(shell: Pick<Shell, "database">): Methods {
  return {
    getCapacityLevel: (request, context) => {
      const { market, listing } = idsOf(patterns.capacityLevel, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const [level] = await readLevels(tx, market, [listing]);
        return {
          capacityLevel: toLevelMessage(market, found(level, caller, "CAPACITY_NOT_FOUND", request.name)),
        };
      });
    },

    listCapacityLevels: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["levels", market], async (after, limit) => {
          const levels = await listLevels(tx, market, after, limit);
          return levels.map((level) => ({ id: level.listingId, level }));
        }),
      );
      return { capacityLevels: rows.map(({ level }) => toLevelMessage(market, level)), nextPageToken };
    },

    adjustCapacity: (request, context) => {
      const { market, listing } = idsOf(patterns.listing, request.listing, "listing");
      const delta = Number(request.delta);
      return mutate(
        shell,
        context,
        { method: methods.adjustCapacity, market, request },
        async (tx, caller) => {
          const { wallTime: now } = await readClock(tx, market);
          const [locked] = await lockLevels(tx, market, [listing]);
          const level = found(locked, caller, "CAPACITY_NOT_FOUND", request.listing);
          if (!isFresh(request.etag, level.version)) throw staleEtag(request.listing);
          const adjusted = adjust(level, delta, now);
          if (!adjusted.ok) {
            const claims = {
              claimed: String(level.held + level.allocated),
              onHand: String(level.onHand + delta),
            };
            const message = adjustMessages[adjusted.reason];
            throw refuse(adjusted.reason, message, { listing: request.listing, ...claims }, "delta");
          }
          const { version, onHand } = adjusted.level;
          await saveLevels(tx, market, [adjusted.level]);
          const { reason } = request;
          const change = { listingId: listing, version, delta: onHand - level.onHand, onHand, reason };
          await appendCapacityChanges(tx, market, [
            { ...change, principal: caller.principal, createTime: now },
          ]);
          await announceChanges(tx, market, { levels: [adjusted.level] });
          return { capacityLevel: toLevelMessage(market, adjusted.level) };
        },
      );
    },

    listCapacityChanges: (request, context) => {
      const { market, listing } = idsOf(patterns.listing, request.listing, "listing");
      const filter = ["changes", market, listing];
      const { size, after } = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
      const before = after ? Number(after[0]) : Number.MAX_SAFE_INTEGER;
      return read(shell, context, market, async (tx, caller) => {
        const [level] = await readLevels(tx, market, [listing]);
        found(level, caller, "CAPACITY_NOT_FOUND", request.listing);
        const rows = await listCapacityChanges(tx, market, listing, before, size + 1);
        const page = rows.slice(0, size);
        const last = page.at(-1);
        return {
          changes: page.map((change) => toChangeMessage(market, change)),
          nextPageToken: rows.length > size && last ? encodePageToken([last.version], filter) : "",
        };
      });
    },

    exportCapacityLevels: (request, context) => {
      const all = request.parent === "markets/-";
      const market = all ? undefined : idsOf(patterns.market, request.parent, "parent").market;
      const scope = scopeOf(callerOf(context), market ?? "");
      return exportParts(shell.database, scope, market, context.signal);
    },
  };
}

const adjustMessages = {
  CAPACITY_UNLIMITED: "the listing is unlimited",
  CAPACITY_BELOW_CLAIMS: "fewer units would be on hand than are held and allocated",
} as const;
