/** At least `length` slots, doubling, so that growing row by row costs a constant per row. */
export function grownLength(current: number, length: number): number {
  let grown = Math.max(64, current);
  while (grown < length) grown *= 2;
  return grown;
}

export function grownUint32(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint32Array(grownLength(array.length, length));
  grown.set(array);
  return grown;
}

export function grownUint8(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint8Array(grownLength(array.length, length));
  grown.set(array);
  return grown;
}

/** New slots hold `filler`. */
export function grownFloat64(
  array: Float64Array<ArrayBuffer>,
  length: number,
  filler: number,
): Float64Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Float64Array(grownLength(array.length, length)).fill(filler, array.length);
  grown.set(array);
  return grown;
}
