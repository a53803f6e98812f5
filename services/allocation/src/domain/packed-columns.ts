/** Typed columns that a row may keep. */
export type Column = Int32Array | Uint32Array | Float32Array | Float64Array | Uint8Array;

const typeOf = {
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  u8: Uint8Array,
} as const;
type ColumnType = keyof typeof typeOf;

interface Preamble {
  readonly header: unknown;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly length: number }[];
}

// "MMC1": what follows is laid out as this file says.
const magic = 0x4d4d4331;
const prefixBytes = 8;

/**
 * Columns as one run of bytes: magic and length of the preamble (two uint32), the preamble as JSON, then each column,
 * little-endian, at a multiple of 8 bytes.
 */
export function packColumns(header: unknown, columns: Readonly<Record<string, Column>>): Uint8Array {
  const entries = Object.entries(columns);
  const preamble: Preamble = {
    header,
    columns: entries.map(([name, column]) => ({ name, type: typeName(column), length: column.length })),
  };
  const text = new TextEncoder().encode(JSON.stringify(preamble));
  const start = aligned(prefixBytes + text.length);
  const size = entries.reduce((sum, [, column]) => sum + aligned(column.byteLength), start);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, text.length, true);
  bytes.set(text, prefixBytes);
  let at = start;
  for (const [, column] of entries) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += aligned(column.byteLength);
  }
  return bytes;
}

/** What was packed. Throws on bytes that are cut short or no packed columns at all. */
export function unpackColumns<H>(packed: Uint8Array): {
  header: H;
  columns: Readonly<Record<string, Column>>;
} {
  // A copy begins at 0, so that every column is aligned for its type.
  const bytes = new Uint8Array(packed);
  const view = new DataView(bytes.buffer);
  if (bytes.length < prefixBytes || view.getUint32(0, true) !== magic) throw new Error("no packed columns");
  const textEnd = prefixBytes + view.getUint32(4, true);
  const text = new TextDecoder().decode(bytes.subarray(prefixBytes, textEnd));
  const preamble = JSON.parse(text) as Preamble;
  const columns: Record<string, Column> = {};
  let at = aligned(textEnd);
  for (const { name, type, length } of preamble.columns) {
    const columnClass = typeOf[type];
    if (at + length * columnClass.BYTES_PER_ELEMENT > bytes.length) throw new Error(`${name} is cut short`);
    columns[name] = new columnClass(bytes.buffer, at, length);
    at += aligned(length * columnClass.BYTES_PER_ELEMENT);
  }
  return { header: preamble.header as H, columns };
}

function typeName(column: Column): ColumnType {
  const found = (Object.keys(typeOf) as ColumnType[]).find((type) => column instanceof typeOf[type]);
  if (!found) throw new Error("a column of a type that is not kept");
  return found;
}

function aligned(bytes: number): number {
  return (bytes + 7) & ~7;
}
