import { type ConstNode, type EachNode, type Expression, partsOf } from "./expression.ts";
import { type Leaves, plan } from "./plan.ts";
import type { Value } from "./value.ts";

/** What is known when an expression is bound. Whatever is not asked for here stays as it is. */
export interface Known {
  /** `undefined` in `value`: the attribute is known to be missing. No result: it is not known yet. */
  attribute(variable: string, name: string): { readonly value: Value | undefined } | undefined;
  variable(name: string): { readonly value: Value | undefined } | undefined;
}

/** Quantifiers over a known list unroll up to this many items; longer ones stay loops. */
const unrollMax = 64;

/** Puts what is known into an expression and computes every part that no longer depends on anything else. */
export function bind(expression: Expression, known: Known): Expression {
  return new Binder(known).bind(expression);
}

class Binder {
  readonly #known: Known;
  readonly #locals = new Map<number, Value>();

  constructor(known: Known) {
    this.#known = known;
  }

  bind(node: Expression): Expression {
    switch (node.op) {
      case "const":
        return node;
      case "attribute":
        return constantOr(node, this.#known.attribute(node.variable, node.name));
      case "variable":
        return constantOr(node, this.#known.variable(node.name));
      case "local": {
        const value = this.#locals.get(node.local);
        return value === undefined ? node : constant(node, value);
      }
      case "has": {
        const found = this.#known.attribute(node.variable, node.name);
        return found === undefined ? node : constant(node, found.value !== undefined);
      }
      case "and":
      case "or":
        return logic({ ...node, left: this.bind(node.left), right: this.bind(node.right) });
      case "not":
        return folded({ ...node, operand: this.bind(node.operand) }, ["operand"]);
      case "choose":
        return this.#choose(node);
      case "equal":
      case "compare":
      case "shared":
        return folded({ ...node, left: this.bind(node.left), right: this.bind(node.right) }, [
          "left",
          "right",
        ]);
      case "in":
        return folded({ ...node, item: this.bind(node.item), list: this.bind(node.list) }, ["item", "list"]);
      case "call": {
        const args = node.args.map((arg) => this.bind(arg));
        return strict({ ...node, args }, args);
      }
      case "list": {
        const items = node.items.map((item) => this.bind(item));
        return strict({ ...node, items }, items);
      }
      case "each":
        return this.#each(node);
    }
  }

  #choose(node: Expression & { op: "choose" }): Expression {
    const when = this.bind(node.when);
    if (when.op !== "const") return { ...node, when, yes: this.bind(node.yes), no: this.bind(node.no) };
    if (when.value === undefined) return constant(node, undefined);
    return this.bind(when.value === true ? node.yes : node.no);
  }

  #each(node: EachNode): Expression {
    const list = this.bind(node.list);
    if (list.op === "const" && list.value === undefined) return constant(node, undefined);
    const quantifier = node.kind === "all" || node.kind === "exists";
    if (list.op === "const" && quantifier && (list.value as readonly Value[]).length <= unrollMax) {
      return this.#unroll(node, list.value as readonly Value[]);
    }
    const where = node.where === undefined ? undefined : this.bind(node.where);
    const bound = { ...node, list, where, body: this.bind(node.body) };
    return list.op === "const" && isClosed(bound) ? evaluated(bound) : bound;
  }

  /** `all` over a known list is a conjunction, `exists` a disjunction, with the same rules for what is unknown. */
  #unroll(node: EachNode, items: readonly Value[]): Expression {
    const op = node.kind === "all" ? "and" : "or";
    let result: Expression = { op: "const", type: "boolean", value: node.kind === "all" };
    for (const item of items) {
      this.#locals.set(node.local, item);
      result = logic({ op, type: "boolean", left: result, right: this.bind(node.body) });
    }
    this.#locals.delete(node.local);
    return result;
  }
}

function constant(node: Expression, value: Value | undefined): ConstNode {
  return { op: "const", type: node.type, value };
}

function constantOr(node: Expression, found: { readonly value: Value | undefined } | undefined): Expression {
  return found === undefined ? node : constant(node, found.value);
}

/** Drops what does not matter. An unknown part stays: beside it the whole can still be decided one way. */
function logic(node: Expression & { op: "and" | "or" }): Expression {
  const decisive = node.op === "or";
  for (const [one, other] of [
    [node.left, node.right],
    [node.right, node.left],
  ] as const) {
    if (one.op !== "const") continue;
    if (one.value === decisive) return one;
    if (one.value === !decisive || (other.op === "const" && other.value === undefined)) return other;
  }
  return node;
}

function folded<N extends Expression>(node: N, keys: readonly (keyof N)[]): Expression {
  return strict(
    node,
    keys.map((key) => node[key] as Expression),
  );
}

/** A strict operation is unknown with any unknown part, and computed once all of its parts are known. */
function strict(node: Expression, parts: readonly Expression[]): Expression {
  if (parts.some((part) => part.op === "const" && part.value === undefined)) return constant(node, undefined);
  return parts.every((part) => part.op === "const") ? evaluated(node) : node;
}

const nothingLeft: Leaves<undefined> = {
  attribute: () => () => undefined,
  variable: () => () => undefined,
};

function evaluated(node: Expression): ConstNode {
  return constant(node, plan(node, nothingLeft)(undefined));
}

/** Tells whether a loop over a known list reads nothing that is still to come. */
function isClosed(node: EachNode): boolean {
  const locals = new Set<number>();
  const closed = (part: Expression): boolean => {
    if (part.op === "attribute" || part.op === "has" || part.op === "variable") return false;
    if (part.op === "local") return locals.has(part.local);
    if (part.op === "each") locals.add(part.local);
    return partsOf(part).every(closed);
  };
  return closed(node);
}
