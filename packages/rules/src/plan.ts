import {
  and,
  type Cell,
  call,
  choose,
  collected,
  type Evaluate,
  equal,
  existsOne,
  list,
  not,
  or,
  quantified,
} from "./closures.ts";
import { compareNumbers, compareTexts, compareToConstant } from "./comparisons.ts";
import type { EachNode, Expression } from "./expression.ts";
import type { Value } from "./value.ts";

/** Where the names of an expression get their values from. */
export interface Leaves<Place> {
  attribute(variable: string, name: string): Evaluate<Place>;
  variable(name: string): Evaluate<Place>;
  /** Faster ways to look into a string list attribute, where the place has them; `undefined` where not. */
  sharedCount?(name: string, values: readonly string[]): ((place: Place) => number | undefined) | undefined;
}

/** Turns a checked expression into closures, once, so that evaluating it allocates next to nothing. */
export function plan<Place>(expression: Expression, leaves: Leaves<Place>): Evaluate<Place> {
  return new Planner(leaves).plan(expression);
}

class Planner<Place> {
  readonly #leaves: Leaves<Place>;
  readonly #cells = new Map<number, Cell>();

  constructor(leaves: Leaves<Place>) {
    this.#leaves = leaves;
  }

  plan(node: Expression): Evaluate<Place> {
    switch (node.op) {
      case "const": {
        const { value } = node;
        return () => value;
      }
      case "attribute":
        return this.#leaves.attribute(node.variable, node.name);
      case "variable":
        return this.#leaves.variable(node.name);
      case "local": {
        const cell = this.#cell(node.local);
        return () => cell.value;
      }
      case "has": {
        const read = this.#leaves.attribute(node.variable, node.name);
        return (place) => read(place) !== undefined;
      }
      case "and":
        return and(this.plan(node.left), this.plan(node.right));
      case "or":
        return or(this.plan(node.left), this.plan(node.right));
      case "not":
        return not(this.plan(node.operand));
      case "choose":
        return choose(this.plan(node.when), this.plan(node.yes), this.plan(node.no));
      case "compare":
        return this.#compare(node);
      case "equal":
        return equal(this.plan(node.left), this.plan(node.right));
      case "in":
        return this.#in(node);
      case "shared":
        return this.#shared(node);
      case "call":
        return call(
          node.operation.apply,
          node.args.map((arg) => this.plan(arg)),
        );
      case "list":
        return list(node.items.map((item) => this.plan(item)));
      case "each":
        return this.#each(node);
    }
  }

  #cell(local: number): Cell {
    const cell = this.#cells.get(local) ?? { value: undefined };
    this.#cells.set(local, cell);
    return cell;
  }

  #compare(node: Expression & { op: "compare" }): Evaluate<Place> {
    const left = this.plan(node.left);
    if (node.left.type === "string") return compareTexts(node.by, left, this.plan(node.right));
    if (node.right.op === "const" && typeof node.right.value === "number") {
      return compareToConstant(node.by, left, node.right.value);
    }
    return compareNumbers(node.by, left, this.plan(node.right));
  }

  #in(node: Expression & { op: "in" }): Evaluate<Place> {
    const item = this.plan(node.item);
    if (node.list.op === "const" && node.list.value !== undefined) {
      const values = new Set<unknown>(node.list.value as readonly Value[]);
      return (place) => {
        const value = item(place);
        return value === undefined ? undefined : values.has(value);
      };
    }
    const count = this.#countOf(node.list, node.item);
    if (count !== undefined) {
      return (place) => {
        const shared = count(place);
        return shared === undefined ? undefined : shared > 0;
      };
    }
    const items = this.plan(node.list);
    return (place) => {
      const value = item(place);
      const among = items(place) as readonly Value[] | undefined;
      return value === undefined || among === undefined ? undefined : among.includes(value);
    };
  }

  #shared(node: Expression & { op: "shared" }): Evaluate<Place> {
    const count = this.#countOf(node.left, node.right) ?? this.#countOf(node.right, node.left);
    if (count !== undefined) return count;
    const left = this.plan(node.left);
    const right = this.plan(node.right);
    return (place) => {
      const a = left(place) as readonly string[] | undefined;
      const b = right(place) as readonly string[] | undefined;
      return a === undefined || b === undefined ? undefined : countShared(a, b);
    };
  }

  #countOf(list: Expression, wanted: Expression): ((place: Place) => number | undefined) | undefined {
    if (list.op !== "attribute" || wanted.op !== "const" || wanted.value === undefined) return undefined;
    if (list.type !== "list<string>" || this.#leaves.sharedCount === undefined) return undefined;
    const values =
      typeof wanted.value === "string" ? [wanted.value] : [...new Set(wanted.value as readonly string[])];
    return this.#leaves.sharedCount(list.name, values);
  }

  #each(node: EachNode): Evaluate<Place> {
    const items = this.plan(node.list) as (place: Place) => readonly Value[] | undefined;
    const cell = this.#cell(node.local);
    const body = this.plan(node.body);
    if (node.kind === "all") return quantified(items, cell, body, false);
    if (node.kind === "exists") return quantified(items, cell, body, true);
    if (node.kind === "existsOne") return existsOne(items, cell, body);
    if (node.kind === "filter") return collected(items, cell, body, undefined);
    return collected(items, cell, node.where === undefined ? undefined : this.plan(node.where), body);
  }
}

/** How many distinct strings two lists share. */
export function countShared(left: readonly string[], right: readonly string[]): number {
  const wanted = new Set(right);
  let count = 0;
  for (const value of left) if (wanted.delete(value)) count++;
  return count;
}
