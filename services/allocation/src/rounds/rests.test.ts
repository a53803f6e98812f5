import { expect, test } from "vitest";
import { Rests } from "./rests.ts";

test("work that comes to nothing rests in proportion to what it took, and what comes to something does not", async () => {
  let ms = 0;
  const rests = new Rests(() => ms);
  const done: number[] = [];
  const taking = (tookMs: number, result?: string) => async () => {
    done.push(ms);
    ms += tookMs;
    return result;
  };
  for (ms = 0; ms < 10_000; ms += 1_000) await rests.work("slow", taking(400));
  // Each took 400 ms and rests for 4,000.
  expect(done).toEqual([0, 4_400, 8_800]);
  done.length = 0;
  for (ms = 0; ms < 5_000; ms += 1_000) await rests.work("quick", taking(0));
  expect(done).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  done.length = 0;
  for (ms = 0; ms < 5_000; ms += 1_000) expect(await rests.work("busy", taking(500, "begun"))).toBe("begun");
  expect(done).toHaveLength(4);
  ms = 0;
  await rests.work("endless", taking(1_000_000));
  ms = 1_011_000;
  done.length = 0;
  await rests.work("endless", taking(0));
  expect(done).toHaveLength(1);
});
