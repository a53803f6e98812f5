import type { EachNode, Expression } from "./expression.ts";
import type { Comparison, Residual } from "./residual.ts";
import type { Value } from "./value.ts";

type Shares = Residual & { readonly op: "shares" };
type Scalar = string | number | boolean;

const opposite: Readonly<Record<Comparison, Comparison>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

/** Brings a bound boolean expression into the small form that an index understands; the rest stays opaque. */
export function toResidual(node: Expression): Residual {
  switch (node.op) {
    case "const":
      return { op: "const", value: node.value as boolean | undefined };
    case "attribute":
      return { op: "oneOf", attribute: node.name, values: [true] };
    case "has":
      return { op: "has", attribute: node.name };
    case "and":
    case "or":
      return joined(node.op, [toResidual(node.left), toResidual(node.right)]);
    case "not":
      return negated(toResidual(node.operand));
    case "choose":
      return {
        op: "choose",
        when: toResidual(node.when),
        yes: toResidual(node.yes),
        no: toResidual(node.no),
      };
    case "compare":
      return comparison(node) ?? { op: "opaque", expression: node };
    case "equal":
      return (
        equality(node.left, node.right) ??
        equality(node.right, node.left) ?? { op: "opaque", expression: node }
      );
    case "in":
      return membership(node.item, node.list) ?? { op: "opaque", expression: node };
    case "each":
      return existence(node) ?? { op: "opaque", expression: node };
    default:
      return { op: "opaque", expression: node };
  }
}

function negated(part: Residual): Residual {
  if (part.op === "not") return part.part;
  if (part.op === "const") return { op: "const", value: part.value === undefined ? undefined : !part.value };
  return { op: "not", part };
}

function comparison({ by, left, right }: Expression & { op: "compare" }): Residual | undefined {
  if (left.op === "const" && right.op !== "const") {
    return comparison({ op: "compare", type: "boolean", by: opposite[by], left: right, right: left });
  }
  if (right.op !== "const") return undefined;
  const value = right.value as number | string;
  if (left.op === "attribute") return { op: "compare", attribute: left.name, by, value };
  if (left.op !== "shared" || typeof value !== "number") return undefined;
  const count = sharedWith(left);
  if (count === undefined) return undefined;
  if (by === ">=") return count(Math.ceil(value));
  if (by === ">") return count(Math.floor(value) + 1);
  return negated(by === "<" ? count(Math.ceil(value)) : count(Math.floor(value) + 1));
}

/** `attribute.shared(known) >= atLeast`, for any `atLeast`. */
function sharedWith(node: Expression & { op: "shared" }): ((atLeast: number) => Shares) | undefined {
  const [list, known] = node.left.op === "const" ? [node.right, node.left] : [node.left, node.right];
  if (list.op !== "attribute" || known.op !== "const") return undefined;
  const values = [...new Set(known.value as readonly string[])];
  return (atLeast) => ({ op: "shares", attribute: list.name, values, atLeast: Math.max(0, atLeast) });
}

function equality(left: Expression, right: Expression): Residual | undefined {
  if (right.op !== "const" || right.value === undefined) return undefined;
  const value = right.value as Scalar;
  if (left.op === "attribute" && typeof value !== "object") {
    return { op: "oneOf", attribute: left.name, values: [value] };
  }
  if (left.op === "shared" && Number.isInteger(value)) {
    const count = sharedWith(left);
    if (count === undefined) return undefined;
    const exactly = count(value as number);
    // More than all cannot be shared, so nothing has to rule it out.
    if ((value as number) >= exactly.values.length) return exactly;
    return joined("and", [exactly, negated(count((value as number) + 1))]);
  }
  if (typeof value !== "boolean") return undefined;
  return value ? toResidual(left) : negated(toResidual(left));
}

function membership(item: Expression, list: Expression): Residual | undefined {
  if (item.op === "attribute" && list.op === "const") {
    return { op: "oneOf", attribute: item.name, values: distinct(list.value) as Scalar[] };
  }
  if (item.op === "const" && typeof item.value === "string" && list.op === "attribute") {
    return { op: "shares", attribute: list.name, values: [item.value], atLeast: 1 };
  }
  return undefined;
}

/** `attribute.exists(x, x in known)` and `attribute.exists(x, x == known)` over a list of strings. */
function existence({ kind, list, local, body }: EachNode): Residual | undefined {
  if (kind !== "exists" || list.op !== "attribute" || list.type !== "list<string>") return undefined;
  const isItem = (node: Expression) => node.op === "local" && node.local === local;
  let values: readonly Value[] | undefined;
  if (body.op === "in" && isItem(body.item) && body.list.op === "const") values = distinct(body.list.value);
  if (body.op === "equal" && isItem(body.left) && body.right.op === "const")
    values = [body.right.value as string];
  if (body.op === "equal" && isItem(body.right) && body.left.op === "const")
    values = [body.left.value as string];
  if (values === undefined) return undefined;
  return { op: "shares", attribute: list.name, values: values as readonly string[], atLeast: 1 };
}

function distinct(value: Value | undefined): readonly Value[] {
  return [...new Set(value as readonly Value[])];
}

/** Flattens, drops what does not matter, and merges atoms over the same attribute. */
export function joined(op: "and" | "or", parts: readonly Residual[]): Residual {
  const decisive = op === "or";
  const flat: Residual[] = [];
  for (const part of parts) flat.push(...(part.op === op ? part.parts : [part]));
  const kept: Residual[] = [];
  for (const part of flat) {
    if (part.op === "const" && part.value === decisive) return part;
    if (part.op === "const" && part.value === !decisive) continue;
    const at = kept.findIndex((other) => merged(op, other, part) !== undefined);
    if (at < 0) kept.push(part);
    else kept[at] = merged(op, kept[at]!, part)!;
  }
  if (kept.length === 0) return { op: "const", value: !decisive };
  return kept.length === 1 ? kept[0]! : { op, parts: kept };
}

/** One atom for two, where that is exact: any-of joins by `or`, all-of by `and`. */
function merged(op: "and" | "or", one: Residual, other: Residual): Residual | undefined {
  if (op === "or" && one.op === "oneOf" && other.op === "oneOf" && one.attribute === other.attribute) {
    return { ...one, values: [...new Set([...one.values, ...other.values])] };
  }
  if (one.op !== "shares" || other.op !== "shares" || one.attribute !== other.attribute) return undefined;
  const values = [...new Set([...one.values, ...other.values])];
  if (op === "or" && one.atLeast === 1 && other.atLeast === 1) return { ...one, values };
  if (op === "and" && isAllOf(one) && isAllOf(other)) return { ...one, values, atLeast: values.length };
  return undefined;
}

function isAllOf(part: Shares): boolean {
  return part.atLeast === part.values.length;
}
