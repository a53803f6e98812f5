import { expect, test } from "vitest";
import { judge, neverComing } from "../src/audit-evidence.ts";
import { streamState } from "../src/stream.ts";
import { putThinly } from "./damage.ts";
import { startMesh } from "./mesh.ts";

const evidence = { identity: "now", firstSeq: 5n, lastSeq: 20n, ackFloor: 10n };

test.each([
  ["of an earlier life of the stream", { streamSeq: 15n, streamIdentity: "before" }, "gone"],
  ["purged", { streamSeq: 4n, streamIdentity: "now" }, "gone"],
  ["acknowledged", { streamSeq: 10n, streamIdentity: "now" }, "gone"],
  ["not acknowledged", { streamSeq: 11n, streamIdentity: "now" }, "unknown"],
  ["never restored", { streamSeq: 21n, streamIdentity: "now" }, "gone"],
])("judges an event whose message is %s", (_, event, verdict) => {
  expect(judge(event, evidence)).toBe(verdict);
});

test("looks into the stream for what is not acknowledged, up to the first message that is there", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  const things = Array.from({ length: 500 }, (_, at) => ({ id: `t${at}`, version: 1n }));
  await putThinly(mesh, events, things);
  const manager = await mesh.nats.jetstreamManager();
  const state = (await streamState(manager, mesh.stream))!;
  const { events: stamped } = await mesh
    .feeds(events)
    .listStamped({ feed: "thing", fromSeq: 1n, toSeq: 500n });
  const lost = (seq: bigint) =>
    stamped.filter(({ streamSeq }) => streamSeq === seq).map(({ feedSeq }) => feedSeq);
  for (const seq of [1, 2, 5]) await manager.streams.deleteMessage(mesh.stream, seq);
  const at = { ...state, ackFloor: 0n };
  const look = (from = stamped) => neverComing(manager, mesh.stream, { ...at, firstSeq: 1n }, from);
  expect([...(await look())].sort()).toEqual([...lost(1n), ...lost(2n)].sort());
  // Another message where an event should be, as in a stream that was restored older and went on from there.
  const moved = stamped
    .filter(({ streamSeq }) => streamSeq === 7n)
    .map((each) => ({ ...each, streamSeq: 6n }));
  expect([...(await look(moved))].sort()).toEqual(lost(7n).sort());
});
