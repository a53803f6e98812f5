import type { ServiceImpl } from "@connectrpc/connect";
import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { idsOf, listById } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { Shell } from "../shell.ts";
import { listAllocations, readAllocation } from "../storage/allocation-store.ts";
import { toAllocationMessage } from "./hold-message.ts";
import { listingOf, patterns } from "./names.ts";
import { found } from "./problem.ts";

type Methods = Pick<ServiceImpl<typeof AllocationService>, "getAllocation" | "listAllocations">;

export function allocations(shell: Pick<Shell, "database">): Methods {
  return {
    getAllocation: (request, context) => {
      const { market, allocation: id } = idsOf(patterns.allocation, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const allocation = await readAllocation(tx, market, id);
        const seen = found(allocation, caller, "ALLOCATION_NOT_FOUND", request.name);
        return { allocation: toAllocationMessage(market, seen) };
      });
    },

    listAllocations: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const filter = {
        demand: listingOf(market, request.demand, "demand"),
        supply: listingOf(market, request.supply, "supply"),
      };
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["allocations", market, filter], (after, limit) =>
          listAllocations(tx, market, filter, after, limit),
        ),
      );
      return {
        allocations: rows.map((allocation) => toAllocationMessage(market, allocation)),
        nextPageToken,
      };
    },
  };
}
