import { setKey } from "../json.ts";
import { dataDepthMax } from "../limits.ts";
import type { Json } from "../model.ts";
import { spend } from "./budget.ts";
import { text } from "./functions.ts";
import { Duration, EvaluationError, isList, Optional, Timestamp, type Value } from "./value.ts";

/** A value as JSON: times become text. What is JSON already is kept, not copied. */
export function toJson(value: Value, depth = 0): Json {
  spend(1);
  if (value === null || typeof value !== "object") return value;
  if (depth > dataDepthMax) throw new EvaluationError("the data is too deep");
  if (value instanceof Timestamp || value instanceof Duration) return text(value);
  if (value instanceof Optional)
    throw new EvaluationError("say what an optional is otherwise: .orValue(...)");
  if (isList(value)) {
    const items = value.map((item) => toJson(item, depth + 1));
    return items.every((item, at) => item === value[at]) ? (value as readonly Json[]) : items;
  }
  const made: Record<string, Json> = {};
  let changed = false;
  for (const key of Object.keys(value)) {
    const item = toJson(value[key]!, depth + 1);
    if (item !== value[key]) changed = true;
    setKey(made, key, item);
  }
  return changed ? made : (value as Json);
}
