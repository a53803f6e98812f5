import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  CapacityChange_Kind,
  type CapacityChangeSchema,
  type CapacityLevelSchema,
  type CapacityPoolSchema,
} from "@marketmesh/contracts/allocation/v1";
import type { Level } from "../domain/level.ts";
import type { Pool } from "../domain/pool.ts";
import type { CapacityChange, ChangeKind } from "../storage/capacity-change-store.ts";
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
    ...(level.embargoUntil && { embargoUntil: timestampFromDate(level.embargoUntil) }),
    pools: level.pools.map(toPoolMessage),
  };
}

export function toPoolMessage(pool: Pool): MessageInitShape<typeof CapacityPoolSchema> {
  return {
    location: pool.location,
    slot: pool.slot,
    ...(pool.start && { startTime: timestampFromDate(pool.start) }),
    ...(pool.end && { endTime: timestampFromDate(pool.end) }),
    onHand: BigInt(pool.onHand),
    held: BigInt(pool.held),
    allocated: BigInt(pool.allocated),
  };
}

const kinds = {
  CATALOG: CapacityChange_Kind.CATALOG,
  ADJUST: CapacityChange_Kind.ADJUST,
  RECEIVE: CapacityChange_Kind.RECEIVE,
  CORRECT: CapacityChange_Kind.CORRECT,
  WRITE_OFF: CapacityChange_Kind.WRITE_OFF,
  TRANSFER: CapacityChange_Kind.TRANSFER,
  COUNT: CapacityChange_Kind.COUNT,
  SLOTS: CapacityChange_Kind.SLOTS,
  EMBARGO: CapacityChange_Kind.EMBARGO,
} satisfies Record<ChangeKind, CapacityChange_Kind>;

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
    kind: kinds[change.kind],
    moves: change.moves.map((move) => ({ ...move, delta: BigInt(move.delta) })),
  };
}
