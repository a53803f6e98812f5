import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { scopeOf } from "@marketmesh/postgres";
import { callerOf, encodePageToken, idsOf, listById, pageOf } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import type { Level } from "../domain/level.ts";
import { defaultPlace } from "../domain/pool.ts";
import { addUnits } from "../domain/stock.ts";
import { type ChangeTimes, changeStock } from "../inventory/change-stock.ts";
import type { Shell } from "../shell.ts";
import { listCapacityChanges } from "../storage/capacity-change-store.ts";
import { listLevels, readLevels } from "../storage/capacity-store.ts";
import { toChangeMessage, toLevelMessage } from "./capacity-message.ts";
import { exportParts } from "./export-levels.ts";
import { patterns } from "./names.ts";
import { found } from "./problem.ts";

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
      const mutation = { method: methods.adjustCapacity, market, request };
      return mutate(shell, context, mutation, async (tx, caller) => {
        const { reason, etag } = request;
        const asked = { market, listing, kind: "ADJUST", reason, etag } as const;
        const adjust = (level: Level, { now }: ChangeTimes) => addUnits(level, defaultPlace, delta, now);
        return { capacityLevel: toLevelMessage(market, await changeStock(tx, caller, asked, adjust)) };
      });
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
