/** A point in time, in epoch milliseconds. JSON has it as RFC 3339 text. */
export class Timestamp {
  readonly epochMs: number;
  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }
}

/** A span of time in milliseconds. JSON has it as protobuf does: `3600s`. */
export class Duration {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** What `.?field` gives: perhaps a value. */
export class Optional {
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** What an expression works with. There is one number type: a double, as in JSON. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Timestamp
  | Duration
  | Optional
  | readonly Value[]
  | { readonly [key: string]: Value };

/** An expression that could not be evaluated. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}

export type MapValue = { readonly [key: string]: Value };

export function isMap(value: Value): value is MapValue {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Timestamp) &&
    !(value instanceof Duration) &&
    !(value instanceof Optional)
  );
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A value's type, as a message names it. */
export function typeName(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return "a list";
  if (value instanceof Timestamp) return "a timestamp";
  if (value instanceof Duration) return "a duration";
  if (value instanceof Optional) return "an optional";
  return typeof value === "object" ? "a map" : `a ${typeof value}`;
}
