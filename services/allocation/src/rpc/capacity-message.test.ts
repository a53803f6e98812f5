import { create, toBinary } from "@bufbuild/protobuf";
import { CapacityChangedSchema } from "@marketmesh/contracts/allocation/v1";
import { expect, test } from "vitest";
import { poolsMax } from "../domain/stock.ts";
import { levelOf } from "../testing/levels.ts";
import { toLevelMessage } from "./capacity-message.ts";

const factBytesMax = 768 * 1024;
const longest = "x".repeat(63);
const most = Number.MAX_SAFE_INTEGER;

test("a level with as many pools as there may be, each as long as it may be, is a fact with room to spare", () => {
  const time = new Date("8999-12-31T23:59:59.999Z");
  const pools = Array.from({ length: poolsMax }, (_, n) => ({
    location: longest,
    slot: String(n).padStart(63, "s"),
    start: time,
    end: time,
    onHand: most,
    held: most,
    allocated: most,
  }));
  const level = levelOf({
    listingId: longest,
    onHand: most,
    held: most,
    allocated: most,
    pools,
    updateTime: time,
  });
  const fact = create(CapacityChangedSchema, {
    capacityLevel: toLevelMessage(longest, { ...level, version: most }),
  });
  const { length } = toBinary(CapacityChangedSchema, fact);
  expect(length).toBeGreaterThan(poolsMax * 150);
  expect(length).toBeLessThan(factBytesMax / 3);
});
