import { dataDepthMax } from "./limits.ts";
import type { Json, JsonObject } from "./model.ts";

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isJsonObject(value: Json): value is JsonObject {
  return isObject(value);
}

/** Whether two values are the same JSON; the order of keys does not matter. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, at) => sameJson(item, right[at]))
    );
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  );
}

/** About how long a value is as JSON; stops counting once it is past `limit`, and at data that is too deep. */
export function sizeOf(value: Json, limit: number, depth = 0): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 6;
  if (depth > dataDepthMax) return limit + 1;
  let size = 2;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      size += sizeOf(item, limit - size, depth + 1) + 1;
      if (size > limit) return size;
    }
    return size;
  }
  const object = value as JsonObject;
  for (const key of Object.keys(object)) {
    size += key.length + 4 + sizeOf(object[key]!, limit - size, depth + 1);
    if (size > limit) return size;
  }
  return size;
}

/** Sets a key as JSON.parse would: `__proto__` is a key like any other. */
export function setKey<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** One more step of a JSON pointer. */
export function pointerTo(pointer: string, step: string | number): string {
  return `${pointer}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
