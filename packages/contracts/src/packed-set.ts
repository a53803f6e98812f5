import { create } from "@bufbuild/protobuf";
import {
  type PackedSet,
  PackedSet_Encoding,
  PackedSetSchema,
} from "./gen/marketmesh/sets/v1/packed_set_pb.ts";

/** Ordinals as bytes: 4 little-endian bytes each, ascending, or a bitmap with the least significant bit first. */
export interface PackedMembers {
  readonly encoding: "array" | "bitmap";
  readonly bytes: Uint8Array;
  /** The number of members. */
  readonly count: number;
}

/** Of which kind the members are and what they reflect. */
export interface PackedSetHeader {
  /** Format: `markets/{market}/kinds/{kind}`. */
  readonly kind: string;
  readonly ordinalEpoch: bigint;
  /** Position in the listing feed; 0 when the sender does not follow it. */
  readonly feedSeq: bigint;
}

const encodingOf = { array: PackedSet_Encoding.ARRAY, bitmap: PackedSet_Encoding.BITMAP } as const;

/** The message of a set. An empty one carries no bytes. */
export function toPackedSet(header: PackedSetHeader, members: PackedMembers): PackedSet {
  const { kind, ordinalEpoch, feedSeq } = header;
  if (members.count === 0) return create(PackedSetSchema, { kind, ordinalEpoch, feedSeq });
  const { encoding, bytes, count } = members;
  return create(PackedSetSchema, {
    kind,
    ordinalEpoch,
    feedSeq,
    encoding: encodingOf[encoding],
    members: bytes,
    count,
  });
}

/** The members of a set; undefined when bytes, encoding and count do not fit together: the sender made a mistake. */
export function membersOf(set: PackedSet): PackedMembers | undefined {
  const { encoding, members: bytes, count } = set;
  switch (encoding) {
    case PackedSet_Encoding.UNSPECIFIED:
      return count === 0 && bytes.length === 0 ? { encoding: "array", bytes, count } : undefined;
    case PackedSet_Encoding.ARRAY:
      return bytes.length === count * 4 ? { encoding: "array", bytes, count } : undefined;
    case PackedSet_Encoding.BITMAP:
      return onesIn(bytes) === count ? { encoding: "bitmap", bytes, count } : undefined;
    default:
      return undefined;
  }
}

function onesIn(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) {
    let rest = byte;
    for (; rest !== 0; rest &= rest - 1) count += 1;
  }
  return count;
}
