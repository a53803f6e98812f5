import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PackedSet_Encoding, PackedSetSchema } from "./gen/marketmesh/sets/v1/packed_set_pb.ts";
import { membersOf, toPackedSet } from "./packed-set.ts";

const header = { kind: "markets/berlin/kinds/candidate", ordinalEpoch: 1n, feedSeq: 12n };

test.each([
  { encoding: "array" as const, bytes: Uint8Array.of(1, 0, 0, 0, 5, 0, 0, 0), count: 2 },
  { encoding: "bitmap" as const, bytes: Uint8Array.of(0b10010001), count: 3 },
  { encoding: "array" as const, bytes: new Uint8Array(), count: 0 },
])("$encoding of $count members comes back equal", (members) => {
  const set = toPackedSet(header, members);
  const sent = fromBinary(PackedSetSchema, toBinary(PackedSetSchema, set));
  expect(membersOf(sent)).toEqual(members);
  expect(sent).toMatchObject(header);
});

test("an empty set carries no bytes, whatever its encoding", () => {
  const set = toPackedSet(header, { encoding: "bitmap", bytes: new Uint8Array(64), count: 0 });
  expect(set.members).toHaveLength(0);
  expect(set.encoding).toBe(PackedSet_Encoding.UNSPECIFIED);
});

test.each([
  { encoding: PackedSet_Encoding.ARRAY, members: new Uint8Array(7), count: 2 },
  { encoding: PackedSet_Encoding.BITMAP, members: Uint8Array.of(1), count: 2 },
  { encoding: PackedSet_Encoding.UNSPECIFIED, members: new Uint8Array(), count: 1 },
  { encoding: 9 as PackedSet_Encoding, members: new Uint8Array(), count: 0 },
])("bytes that don't fit their encoding and count are no set: %j", (broken) => {
  const set = toPackedSet(header, { encoding: "array", bytes: new Uint8Array(), count: 0 });
  expect(membersOf(Object.assign(set, broken))).toBeUndefined();
});
