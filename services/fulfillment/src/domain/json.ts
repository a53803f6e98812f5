import type { JsonData } from "./task.ts";

/** Bounds of what callers give, in bytes of JSON. */
export const bounds = { input: 64 * 1024, small: 16 * 1024 } as const;

export function jsonBytes(data: JsonData): number {
  return Buffer.byteLength(JSON.stringify(data));
}
