import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { CapacityChangeSchema, CapacityLevelSchema } from "@marketmesh/contracts/allocation/v1";
import type { Level } from "../domain/level.ts";
import type { CapacityChange } from "../storage/capacity-change-store.ts";
import { etagOf } from "./etag.ts";
import { nameOf } from "./names.ts";

export function toLevelMessage(market: string, level: Level): MessageInitShape<typeof CapacityLevelSchema> {
  return {
    name: nameOf(market, "capacityLevels", level.listingId),
    listing: nameOf(market, "listings", level.listingId),
    onHand: BigInt(level.onHand),
    unlimited: level.unlimited,
    held: BigInt(level.held),
    allocated: BigInt(level.allocated),
    exclusiveGroup: level.exclusiveGroup,
    open: level.open,
    version: BigInt(level.version),
    etag: etagOf(level.version),
    updateTime: timestampFromDate(level.updateTime),
  };
}

export function toChangeMessage(
  market: string,
  change: CapacityChange,
): MessageInitShape<typeof CapacityChangeSchema> {
  return {
    listing: nameOf(market, "listings", change.listingId),
    delta: BigInt(change.delta),
    onHand: BigInt(change.onHand),
    reason: change.reason,
    principal: change.principal,
    version: BigInt(change.version),
    createTime: timestampFromDate(change.createTime),
  };
}
