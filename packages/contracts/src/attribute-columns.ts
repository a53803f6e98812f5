import { create } from "@bufbuild/protobuf";
import {
  type AttributeColumn,
  AttributeColumnSchema,
  BooleanValuesSchema,
  NumberListValuesSchema,
  NumberValuesSchema,
  StringListValuesSchema,
  StringValuesSchema,
} from "./gen/marketmesh/catalog/v1/export_pb.ts";

/** What one attribute of a listing may hold as it travels: timestamps are still strings. */
export type ColumnValue = string | number | boolean | readonly string[] | readonly number[];

type Values = AttributeColumn["values"];
type Case = NonNullable<Values["case"]>;

/** Collects one attribute of the listings of a block, in order. */
export interface ColumnWriter {
  /** Takes the value of listing `at`. Listings are given in ascending order; one that is skipped has no value. */
  put(at: number, value: ColumnValue): void;
  /** The column of a block of `count` listings. */
  finish(count: number): AttributeColumn;
}

/** Reads one attribute, listing after listing. */
export type ColumnReader = (at: number) => ColumnValue | undefined;

/** Starts the column of an attribute. `put` throws a RangeError when listings disagree about its type. */
export function columnWriter(attribute: string): ColumnWriter {
  const present: number[] = [];
  const values: ColumnValue[] = [];
  let kind: Case | undefined;
  return {
    put(at, value) {
      const own = caseOf(value);
      kind ??= own;
      if (own !== undefined && own !== kind) throw new RangeError(`${attribute} is ${kind} and ${own}`);
      present.push(at);
      values.push(value);
    },
    finish(count) {
      const presence = present.length === count ? new Uint8Array() : bitsOf(present, count);
      return create(AttributeColumnSchema, {
        attribute,
        presence,
        values: encoders[kind ?? "stringLists"](values),
      });
    },
  };
}

// An empty list is of either list type, so it does not decide.
function caseOf(value: ColumnValue): Case | undefined {
  if (typeof value === "string") return "strings";
  if (typeof value === "number") return "numbers";
  if (typeof value === "boolean") return "booleans";
  if (value.length === 0) return undefined;
  return typeof value[0] === "string" ? "stringLists" : "numberLists";
}

function bitsOf(present: readonly number[], count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (const at of present) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
  return bits;
}

// An empty list may stand in a column of scalars only when the listings disagree about the type.
function only<T>(values: readonly ColumnValue[], is: (value: ColumnValue) => boolean): readonly T[] {
  if (!values.every(is)) throw new RangeError("an attribute is a list and a scalar");
  return values as readonly T[];
}

const encoders: Record<Case, (values: readonly ColumnValue[]) => Values> = {
  numbers: (given) => {
    const values = [...only<number>(given, (value) => typeof value === "number")];
    return { case: "numbers", value: create(NumberValuesSchema, { values }) };
  },
  strings: (given) => {
    const dictionary = new Dictionary();
    const codes = only<string>(given, (value) => typeof value === "string").map((value) =>
      dictionary.codeOf(value),
    );
    return { case: "strings", value: create(StringValuesSchema, { codes, dictionary: dictionary.words }) };
  },
  booleans: (given) => {
    const values = Uint8Array.from(
      only<boolean>(given, (value) => typeof value === "boolean"),
      Number,
    );
    return { case: "booleans", value: create(BooleanValuesSchema, { values }) };
  },
  stringLists: (given) => {
    const lists = only<readonly string[]>(given, Array.isArray);
    const dictionary = new Dictionary();
    const codes: number[] = [];
    for (const list of lists) for (const word of list) codes.push(dictionary.codeOf(word));
    const counts = lists.map((list) => list.length);
    return {
      case: "stringLists",
      value: create(StringListValuesSchema, { counts, codes, dictionary: dictionary.words }),
    };
  },
  numberLists: (given) => {
    const lists = only<readonly number[]>(given, Array.isArray);
    const counts = lists.map((list) => list.length);
    return { case: "numberLists", value: create(NumberListValuesSchema, { counts, values: lists.flat() }) };
  },
};

/** Numbers the distinct strings of a column in order of first appearance. */
export class Dictionary {
  readonly words: string[] = [];
  readonly #codes = new Map<string, number>();

  codeOf(word: string): number {
    const known = this.#codes.get(word);
    if (known !== undefined) return known;
    const code = this.words.push(word) - 1;
    this.#codes.set(word, code);
    return code;
  }
}

/** Reads a column from its first listing on. Strings are the dictionary's own; throws a RangeError when the column is cut short. */
export function columnReader(column: AttributeColumn): ColumnReader {
  const { presence } = column;
  const next = nextValue(column);
  if (presence.length === 0) return next;
  return (at) => (((presence[at >> 3] ?? 0) >> (at & 7)) & 1 ? next() : undefined);
}

function nextValue({ attribute, values }: AttributeColumn): () => ColumnValue {
  let at = 0;
  switch (values.case) {
    case "numbers": {
      const numbers = values.value.values;
      return () => given(numbers[at++], attribute);
    }
    case "strings": {
      const { codes, dictionary } = values.value;
      return () => given(dictionary[given(codes[at++], attribute)], attribute);
    }
    case "booleans": {
      const bytes = values.value.values;
      return () => given(bytes[at++], attribute) !== 0;
    }
    case "stringLists": {
      const { counts, codes, dictionary } = values.value;
      let from = 0;
      return () => {
        const list = new Array<string>(given(counts[at++], attribute));
        for (let i = 0; i < list.length; i += 1) {
          list[i] = given(dictionary[given(codes[from++], attribute)], attribute);
        }
        return list;
      };
    }
    case "numberLists": {
      const { counts, values: numbers } = values.value;
      let from = 0;
      return () => {
        const end = from + given(counts[at++], attribute);
        if (end > numbers.length) throw cutShort(attribute);
        const list = numbers.slice(from, end);
        from = end;
        return list;
      };
    }
    default:
      return () => {
        throw cutShort(attribute);
      };
  }
}

function given<T>(value: T | undefined, attribute: string): T {
  if (value === undefined) throw cutShort(attribute);
  return value;
}

function cutShort(attribute: string): RangeError {
  return new RangeError(`the column ${attribute} is cut short`);
}
