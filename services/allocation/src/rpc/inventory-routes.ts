import type { ServiceImpl } from "@connectrpc/connect";
import type { InventoryService } from "@marketmesh/contracts/allocation/v1";
import type { Shell } from "../shell.ts";
import { bundles } from "./bundles.ts";
import { slots } from "./slots.ts";
import { stock } from "./stock.ts";

export function inventoryRoutes(shell: Shell): ServiceImpl<typeof InventoryService> {
  return { ...stock(shell), ...slots(shell), ...bundles(shell) };
}
