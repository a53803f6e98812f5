import type { Evaluate } from "./compile.ts";
import { EvaluationError, isList, isMap, Optional, typeName, type Value } from "./value.ts";

/** `receiver.field` */
export function select(receiver: Evaluate, field: string): Evaluate {
  return (scope) => {
    const value = receiver(scope);
    if (value instanceof Optional) return chained(value, field);
    return fieldOf(value, field);
  };
}

/** `receiver.?field` */
export function selectOptional(receiver: Evaluate, field: string): Evaluate {
  return (scope) => {
    const value = receiver(scope);
    return chained(value instanceof Optional ? value : new Optional(value), field);
  };
}

/** `receiver[key]` */
export function index(receiver: Evaluate, key: Evaluate): Evaluate {
  return (scope) => {
    const value = receiver(scope);
    const at = key(scope);
    if (!isList(value)) {
      if (typeof at !== "string") throw new EvaluationError(`a map has no key that is ${typeName(at)}`);
      return value instanceof Optional ? chained(value, at) : fieldOf(value, at);
    }
    const item = typeof at === "number" ? value[at] : undefined;
    if (item === undefined) throw new EvaluationError(`the list has no item ${String(at).slice(0, 40)}`);
    return item;
  };
}

function chained(value: Optional, field: string): Optional {
  const inner = value.value;
  if (inner === undefined || inner === null || typeof inner !== "object" || !isMap(inner)) {
    return new Optional(undefined);
  }
  return new Optional(Object.hasOwn(inner, field) ? inner[field] : undefined);
}

function fieldOf(value: Value, field: string): Value {
  if (value === null || typeof value !== "object" || !isMap(value)) {
    throw new EvaluationError(`${typeName(value)} has no field ${field}`);
  }
  if (!Object.hasOwn(value, field)) throw new EvaluationError(`there is no field ${field.slice(0, 100)}`);
  return value[field]!;
}
