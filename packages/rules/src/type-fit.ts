import type { ValueType } from "./value.ts";

/** Tells whether arguments of these types fit; the empty list is a list of anything. */
export function accepts(params: readonly ValueType[], types: readonly ValueType[]): boolean {
  return (
    params.length === types.length &&
    params.every((param, index) => commonType(param, types[index]!) === param)
  );
}

/** The type of either, where they agree; the empty list agrees with every list. */
export function commonType(left: ValueType, right: ValueType): ValueType | undefined {
  if (left === right) return left;
  if (left === "list<nothing>" && right.startsWith("list<")) return right;
  return right === "list<nothing>" && left.startsWith("list<") ? left : undefined;
}

/** Names for a message: sorted, and not too many. */
export function named(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort();
  if (sorted.length === 0) return "nothing";
  return sorted.length > 12
    ? `${sorted.slice(0, 12).join(", ")} and ${sorted.length - 12} more`
    : sorted.join(", ");
}
