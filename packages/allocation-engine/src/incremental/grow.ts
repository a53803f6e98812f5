/** A copy of a column with room for at least `length` entries; at least doubles, so that growing one by one stays linear. */
export function grow<Column extends Int32Array | Uint32Array | Float64Array | Uint8Array>(
  column: Column,
  length: number,
): Column {
  if (column.length >= length) return column;
  const Columns = column.constructor as new (length: number) => Column;
  const grown = new Columns(Math.max(length, 2 * column.length, 16));
  grown.set(column);
  return grown;
}
