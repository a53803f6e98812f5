import { begin } from "../cel/budget.ts";
import { type Evaluate, type Scope, truth } from "../cel/compile.ts";
import { text } from "../cel/functions.ts";
import { toJson } from "../cel/to-json.ts";
import { EvaluationError, type Value } from "../cel/value.ts";
import { setKey, sizeOf } from "../json.ts";
import { dataSizeMax } from "../limits.ts";
import type { Json } from "../model.ts";
import type { Template } from "../program.ts";

/** Fills a template in. Throws EvaluationError, also for a result of more than 64 KiB. */
export function fill(template: Template, scope: Scope): Json {
  if (template.kind === "literal") return template.value;
  begin();
  const value = filled(template, scope);
  if (sizeOf(value, dataSizeMax) > dataSizeMax) {
    throw new EvaluationError(`the result is larger than ${dataSizeMax} bytes`);
  }
  return value;
}

function filled(template: Template, scope: Scope): Json {
  switch (template.kind) {
    case "literal":
      return template.value;
    case "expression":
      return toJson(template.evaluate(scope));
    case "text":
      return template.parts.map((part) => (typeof part === "string" ? part : embedded(part(scope)))).join("");
    case "list":
      return template.items.map((item) => filled(item, scope));
    case "object": {
      const made: Record<string, Json> = {};
      for (const [key, value] of template.entries) setKey(made, key, filled(value, scope));
      return made;
    }
  }
}

/** Within a text stand texts as they are, and lists, maps and null as JSON. */
function embedded(value: Value): string {
  const json = toJson(value);
  return json !== null && typeof json === "object"
    ? JSON.stringify(json)
    : json === null
      ? "null"
      : text(json);
}

/** Whether a condition holds. Throws EvaluationError when it is neither true nor false. */
export function holds(condition: Evaluate, scope: Scope): boolean {
  begin();
  return truth(condition(scope));
}

/** As `holds`; what cannot be evaluated does not hold. */
export function surelyHolds(condition: Evaluate, scope: Scope): boolean {
  try {
    return holds(condition, scope);
  } catch (error) {
    // A RangeError is a time that no calendar has.
    if (error instanceof EvaluationError || error instanceof RangeError) return false;
    throw error;
  }
}
