/** What the driver must know of an array type: its object id, and how a value is read and written. */
interface ArrayType {
  readonly to: number;
  readonly from: number[];
  readonly parse: (text: string) => unknown[];
  readonly serialize: (value: unknown) => unknown;
}

/**
 * The array types that our schemas use, by name; their object ids are the same in every Postgres. The driver would ask each
 * new connection for all there are, which costs a round trip and rejects unheard when the connection is lost meanwhile.
 */
export const arrayTypes = {
  boolean: arrayType(1000, (text) => text === "t"),
  smallint: arrayType(1005, Number),
  integer: arrayType(1007, Number),
  text: arrayType(1009, String),
  varchar: arrayType(1015, String),
  bigint: arrayType(1016, String),
  real: arrayType(1021, Number),
  double: arrayType(1022, Number),
  uuid: arrayType(2951, String),
};

/** The driver's options about types; for every client that we make of it. */
export const typeOptions = { fetch_types: false, types: arrayTypes } as const;

/** The elements of an array of one dimension, as Postgres writes it; null for NULL. */
export function parseArray<T>(text: string, element: (text: string) => T): (T | null)[] {
  const inner = text.slice(1, -1);
  if (inner === "") return [];
  if (!inner.includes('"')) return inner.split(",").map((each) => (each === "NULL" ? null : element(each)));
  return [...inner.matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs)].map(([, quoted, plain]) => {
    if (quoted !== undefined) return element(quoted.replace(/\\(.)/gs, "$1"));
    return plain === undefined || plain === "NULL" ? null : element(plain);
  });
}

function arrayType(oid: number, element: (text: string) => unknown): ArrayType {
  return { to: oid, from: [oid], parse: (text) => parseArray(text, element), serialize: writeArray };
}

// A text is taken for a literal that somebody else wrote.
function writeArray(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const elements = value.map((each) =>
    each === null ? "NULL" : `"${String(each).replace(/["\\]/g, "\\$&")}"`,
  );
  return `{${elements.join(",")}}`;
}
