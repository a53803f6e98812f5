import { listItemsMax, textLengthMax } from "../limits.ts";
import { spend } from "./budget.ts";
import { durationOf, timestampOf } from "./time.ts";
import { Duration, EvaluationError, isList, isMap, Timestamp, typeName, type Value } from "./value.ts";

export function same(left: Value, right: Value): boolean {
  spend(typeof left === "string" ? 1 + left.length / 64 : 1);
  if (left === right) return true;
  if (left instanceof Timestamp) return right instanceof Timestamp && left.epochMs === right.epochMs;
  if (left instanceof Duration) return right instanceof Duration && left.ms === right.ms;
  if (isList(left)) {
    return isList(right) && left.length === right.length && left.every((item, at) => same(item, right[at]!));
  }
  if (typeof left !== "object" || left === null || !isMap(left)) return false;
  if (typeof right !== "object" || right === null || !isMap(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key]!, right[key]!))
  );
}

/** Below zero, zero or above, for two of one ordered type. */
export function order(left: Value, right: Value): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return textOrder(left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Timestamp && right instanceof Timestamp) return left.epochMs - right.epochMs;
  if (left instanceof Duration && right instanceof Duration) return left.ms - right.ms;
  throw new EvaluationError(`${typeName(left)} and ${typeName(right)} have no order`);
}

/** By code point, which is the order of the bytes in UTF-8. */
function textOrder(left: string, right: string): number {
  if (left === right) return 0;
  spend((left.length + right.length) / 64);
  const a = [...left.slice(0, textLengthMax)];
  const b = [...right.slice(0, textLengthMax)];
  const at = a.findIndex((point, index) => point !== b[index]);
  if (at < 0 || at >= b.length) return a.length - b.length;
  return a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!;
}

export function add(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return finite(left + right);
  if (typeof left === "string" && typeof right === "string") {
    if (left.length + right.length > textLengthMax) throw new EvaluationError("the text is too long");
    spend((left.length + right.length) / 64);
    return left + right;
  }
  if (isList(left) && isList(right)) {
    if (left.length + right.length > listItemsMax) throw new EvaluationError("the list is too long");
    spend(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof Timestamp && right instanceof Duration) return timestampOf(left.epochMs + right.ms);
  if (left instanceof Duration && right instanceof Timestamp) return timestampOf(left.ms + right.epochMs);
  if (left instanceof Duration && right instanceof Duration) return durationOf(left.ms + right.ms);
  throw unfit("+", left, right);
}

export function subtract(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return finite(left - right);
  if (left instanceof Timestamp && right instanceof Timestamp)
    return durationOf(left.epochMs - right.epochMs);
  if (left instanceof Timestamp && right instanceof Duration) return timestampOf(left.epochMs - right.ms);
  if (left instanceof Duration && right instanceof Duration) return durationOf(left.ms - right.ms);
  throw unfit("-", left, right);
}

export function multiply(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return finite(left * right);
  throw unfit("*", left, right);
}

export function divide(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return finite(left / right);
  throw unfit("/", left, right);
}

export function remainder(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return finite(left % right);
  throw unfit("%", left, right);
}

export function negate(value: Value): Value {
  if (typeof value === "number") return finite(-value);
  if (value instanceof Duration) return durationOf(-value.ms);
  throw new EvaluationError(`${typeName(value)} has no negative`);
}

/** JSON has neither infinity nor a negative zero, so neither has an expression. */
export function finite(value: number): number {
  if (!Number.isFinite(value)) throw new EvaluationError("the result is no finite number");
  return value === 0 ? 0 : value;
}

export function within(item: Value, whole: Value): boolean {
  if (isList(whole)) return whole.some((other) => same(item, other));
  if (whole !== null && typeof whole === "object" && isMap(whole)) {
    return typeof item === "string" && Object.hasOwn(whole, item);
  }
  throw new EvaluationError(`"in" looks into a list or a map, not ${typeName(whole)}`);
}

function unfit(operator: string, left: Value, right: Value): EvaluationError {
  return new EvaluationError(`${typeName(left)} ${operator} ${typeName(right)} is not defined`);
}
