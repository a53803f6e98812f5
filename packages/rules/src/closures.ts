import { listItemsMax } from "./limits.ts";
import type { Value } from "./value.ts";

/** A closure that evaluates an expression at a place: an input, or a row of columns. */
export type Evaluate<Place> = (place: Place) => Value | undefined;

/** What holds a local variable's value while a quantifier runs through its list. */
export interface Cell {
  value: Value | undefined;
}

export function and<Place>(left: Evaluate<Place>, right: Evaluate<Place>): Evaluate<Place> {
  return (place) => {
    const first = left(place);
    if (first === false) return false;
    const second = right(place);
    if (second === false) return false;
    return first === undefined ? undefined : second;
  };
}

export function or<Place>(left: Evaluate<Place>, right: Evaluate<Place>): Evaluate<Place> {
  return (place) => {
    const first = left(place);
    if (first === true) return true;
    const second = right(place);
    if (second === true) return true;
    return first === undefined ? undefined : second;
  };
}

export function not<Place>(operand: Evaluate<Place>): Evaluate<Place> {
  return (place) => {
    const value = operand(place);
    return value === undefined ? undefined : !value;
  };
}

export function choose<Place>(
  when: Evaluate<Place>,
  yes: Evaluate<Place>,
  no: Evaluate<Place>,
): Evaluate<Place> {
  return (place) => {
    const value = when(place);
    if (value === undefined) return undefined;
    return value ? yes(place) : no(place);
  };
}

export function equal<Place>(left: Evaluate<Place>, right: Evaluate<Place>): Evaluate<Place> {
  return (place) => {
    const a = left(place);
    const b = right(place);
    return a === undefined || b === undefined ? undefined : sameValue(a, b);
  };
}

function sameValue(left: Value, right: Value): boolean {
  if (typeof left !== "object" || typeof right !== "object") return left === right;
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

export function call<Place>(
  apply: (...values: never[]) => Value | undefined,
  args: Evaluate<Place>[],
): Evaluate<Place> {
  const [first, second] = args as [Evaluate<Place>, Evaluate<Place>];
  if (args.length === 1) {
    return (place) => {
      const value = first(place);
      return value === undefined ? undefined : apply(value as never);
    };
  }
  if (args.length === 2) {
    return (place) => {
      const a = first(place);
      const b = second(place);
      return a === undefined || b === undefined ? undefined : apply(a as never, b as never);
    };
  }
  const values = list(args);
  return (place) => {
    const known = values(place) as readonly never[] | undefined;
    return known === undefined ? undefined : apply(...known);
  };
}

export function list<Place>(items: readonly Evaluate<Place>[]): Evaluate<Place> {
  return (place) => {
    const values: Value[] = [];
    for (const item of items) {
      const value = item(place);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values as Value;
  };
}

/** `all` is decided by the first false, `exists` by the first true; short of that, something unknown keeps it open. */
export function quantified<Place>(
  items: (place: Place) => readonly Value[] | undefined,
  cell: Cell,
  body: Evaluate<Place>,
  decisive: boolean,
): Evaluate<Place> {
  return (place) => {
    const values = items(place);
    if (values === undefined || values.length > listItemsMax) return undefined;
    let open = false;
    for (const value of values) {
      cell.value = value;
      const holds = body(place);
      if (holds === decisive) return decisive;
      if (holds === undefined) open = true;
    }
    return open ? undefined : !decisive;
  };
}

export function existsOne<Place>(
  items: (place: Place) => readonly Value[] | undefined,
  cell: Cell,
  body: Evaluate<Place>,
): Evaluate<Place> {
  return (place) => {
    const values = items(place);
    if (values === undefined || values.length > listItemsMax) return undefined;
    let count = 0;
    for (const value of values) {
      cell.value = value;
      const holds = body(place);
      if (holds === undefined) return undefined;
      if (holds) count++;
    }
    return count === 1;
  };
}

export function collected<Place>(
  items: (place: Place) => readonly Value[] | undefined,
  cell: Cell,
  where: Evaluate<Place> | undefined,
  transform: Evaluate<Place> | undefined,
): Evaluate<Place> {
  return (place) => {
    const values = items(place);
    if (values === undefined || values.length > listItemsMax) return undefined;
    const kept: Value[] = [];
    for (const value of values) {
      cell.value = value;
      const holds = where === undefined ? true : where(place);
      if (holds === undefined) return undefined;
      if (!holds) continue;
      const result = transform === undefined ? value : transform(place);
      if (result === undefined) return undefined;
      kept.push(result);
    }
    return kept as Value;
  };
}
