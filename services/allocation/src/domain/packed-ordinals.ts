import type { PackedMembers } from "@marketmesh/contracts";

/** Ordinals, in any order and each once, in the smaller of the two encodings. */
export function packOrdinals(ordinals: readonly number[]): PackedMembers {
  const last = ordinals.reduce((most, ordinal) => Math.max(most, ordinal), -1);
  const bitmapBytes = (last >>> 3) + 1;
  return bitmapBytes < ordinals.length * 4 ? bitmapOf(ordinals, bitmapBytes) : arrayOf(ordinals);
}

function arrayOf(ordinals: readonly number[]): PackedMembers {
  const bytes = new Uint8Array(ordinals.length * 4);
  const view = new DataView(bytes.buffer);
  const ascending = Uint32Array.from(ordinals).sort();
  for (const [at, ordinal] of ascending.entries()) view.setUint32(at * 4, ordinal, true);
  return { encoding: "array", bytes, count: ordinals.length };
}

function bitmapOf(ordinals: readonly number[], length: number): PackedMembers {
  const bytes = new Uint8Array(length);
  for (const ordinal of ordinals) bytes[ordinal >>> 3]! |= 1 << (ordinal & 7);
  return { encoding: "bitmap", bytes, count: ordinals.length };
}

/** Whether an ordinal is in a set. */
export function hasOrdinal({ encoding, bytes }: PackedMembers, ordinal: number): boolean {
  if (encoding === "bitmap") return ((bytes[ordinal >>> 3] ?? 0) & (1 << (ordinal & 7))) !== 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [low, high] = [0, bytes.length >>> 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (view.getUint32(middle * 4, true) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low < bytes.length >>> 2 && view.getUint32(low * 4, true) === ordinal;
}
