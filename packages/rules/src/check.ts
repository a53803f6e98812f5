import type { ASTNode } from "@marcbachmann/cel-js";
import { checkCall } from "./check-call.ts";
import { checkMacro, isMacro } from "./check-macro.ts";
import type { ExpressionSource } from "./compile-expression.ts";
import type { Expression, LocalNode } from "./expression.ts";
import type { Mistake, MistakeCode } from "./mistake.ts";
import { operators } from "./operations.ts";
import { mistakeAt } from "./parse.ts";
import type { Comparison } from "./residual.ts";
import { accepts, commonType, named } from "./type-fit.ts";
import type { ValueType } from "./value.ts";

export type Checked =
  | { readonly ok: true; readonly expression: Expression; readonly paths: readonly string[] }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

const mistakesMax = 20;

/** Resolves names, types and overloads of a syntax tree; collects mistakes and goes on past them. */
export function check(ast: ASTNode, input: ExpressionSource): Checked {
  const checker = new Checker(input);
  const expression = checker.check(ast);
  if (expression !== undefined && input.result !== undefined && !input.result.includes(expression.type)) {
    checker.refuse(
      ast,
      "RESULT_TYPE",
      `The whole is ${expression.type}; expected ${input.result.join(" or ")}.`,
    );
  }
  if (expression === undefined || checker.mistakes.length > 0)
    return { ok: false, mistakes: checker.mistakes };
  return { ok: true, expression, paths: [...checker.paths] };
}

/** One pass over one tree. A node that is refused is `undefined`, and whatever holds it keeps quiet. */
export class Checker {
  readonly mistakes: Mistake[] = [];
  readonly paths = new Set<string>();
  readonly #input: ExpressionSource;
  readonly #scope = new Map<string, LocalNode>();
  #locals = 0;
  #nesting = 0;

  constructor(input: ExpressionSource) {
    this.#input = input;
  }

  refuse(node: ASTNode, code: MistakeCode, message: string): undefined {
    if (this.mistakes.length < mistakesMax) {
      this.mistakes.push(mistakeAt(this.#input.source, node.start, node.end, code, message));
    }
    return undefined;
  }

  check(node: ASTNode): Expression | undefined {
    switch (node.op) {
      case "value":
        return this.#literal(node);
      case "id":
        return this.#name(node);
      case ".":
        return this.#select(node, node.args[0], node.args[1]);
      case "[]":
        return this.#index(node, node.args[0], node.args[1]);
      case "||":
        return this.#logic(node, "or", node.args);
      case "&&":
        return this.#logic(node, "and", node.args);
      case "!_": {
        const operand = this.expect(node.args, ["boolean"]);
        return operand && { op: "not", type: "boolean", operand };
      }
      case "?:":
        return this.#choose(node, node.args);
      case "==":
      case "!=":
        return this.#equal(node, node.args, node.op === "!=");
      case "<":
      case "<=":
      case ">":
      case ">=":
        return this.#compare(node, node.op, node.args);
      case "in":
        return this.#in(node, node.args);
      case "list":
        return this.#list(node, node.args);
      case "call":
        return checkCall(this, node, node.args[0], undefined, node.args[1]);
      case "rcall":
        if (isMacro(node.args[0])) return checkMacro(this, node, node.args);
        return checkCall(this, node, node.args[0], node.args[1], node.args[2]);
      case "-_":
        return this.#operator(node, [node.args]);
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
        return this.#operator(node, node.args);
      case "map":
        return this.refuse(node, "UNSUPPORTED", "Maps are not supported.");
      default:
        return this.refuse(node, "UNSUPPORTED", `${node.op} is not supported.`);
    }
  }

  /** Checks a node that must have one of the types. */
  expect(node: ASTNode, types: readonly ValueType[]): Expression | undefined {
    const checked = this.check(node);
    if (checked === undefined || types.includes(checked.type)) return checked;
    return this.refuse(node, "TYPE_MISMATCH", `This is ${checked.type}; expected ${types.join(" or ")}.`);
  }

  /** How many quantifiers surround what is being checked. */
  get nesting(): number {
    return this.#nesting;
  }

  /** Checks `body` with `name` standing for a fresh local variable of the type. */
  within<T>(name: string, type: ValueType, body: (local: number) => T): T {
    const outer = this.#scope.get(name);
    const local = this.#locals++;
    this.#scope.set(name, { op: "local", type, local });
    this.#nesting++;
    const result = body(local);
    this.#nesting--;
    if (outer === undefined) this.#scope.delete(name);
    else this.#scope.set(name, outer);
    return result;
  }

  /** The attributes that a node names as a whole (`supply`), unless a local variable hides them. */
  attributesOf(node: ASTNode): string | undefined {
    if (node.op !== "id" || this.#scope.has(node.args)) return undefined;
    const variable = Object.hasOwn(this.#input.variables, node.args)
      ? this.#input.variables[node.args]
      : undefined;
    return variable !== undefined && "attributes" in variable ? node.args : undefined;
  }

  /** An attribute by variable and name, if it may be read. */
  attribute(node: ASTNode, variable: string, name: string): (Expression & { op: "attribute" }) | undefined {
    const declared = this.#input.variables[variable];
    if (declared === undefined || !("attributes" in declared)) return undefined;
    const declaration = declared.attributes.get(name);
    if (declaration?.personal === true && declared.personal !== "allowed") {
      return this.refuse(
        node,
        "PERSONAL_ATTRIBUTE_IN_RULE",
        `${variable}.${name} is personal data; no rule reads it.`,
      );
    }
    const type = declaration?.type ?? declared.otherwise;
    if (type === undefined) {
      const known = named(
        [...declared.attributes].filter(([, { personal }]) => !personal).map(([key]) => key),
      );
      return this.refuse(node, "UNKNOWN_ATTRIBUTE", `${variable} has no attribute ${name}; it has ${known}.`);
    }
    this.paths.add(`${variable}.${name}`);
    return { op: "attribute", type, variable, name };
  }

  #literal(node: ASTNode & { op: "value" }): Expression | undefined {
    const value = node.args;
    if (typeof value === "string" || typeof value === "boolean") {
      return { op: "const", type: typeof value as "string" | "boolean", value };
    }
    if (typeof value === "number") return { op: "const", type: "number", value };
    if (typeof value === "bigint") {
      if (Number.isSafeInteger(Number(value))) return { op: "const", type: "number", value: Number(value) };
      return this.refuse(node, "INVALID_LITERAL", "An integer literal is at most 2^53 - 1.");
    }
    const what =
      value === null ? "null" : value instanceof Uint8Array ? "A bytes literal" : "An unsigned literal";
    return this.refuse(node, "UNSUPPORTED", `${what} is not supported.`);
  }

  #name(node: ASTNode & { op: "id" }): Expression | undefined {
    const local = this.#scope.get(node.args);
    if (local !== undefined) return local;
    const variables = this.#input.variables;
    const variable = Object.hasOwn(variables, node.args) ? variables[node.args] : undefined;
    if (variable === undefined) {
      const known = named([...this.#scope.keys(), ...Object.keys(variables)]);
      return this.refuse(node, "UNKNOWN_NAME", `${node.args} is not known here; there is ${known}.`);
    }
    if ("value" in variable) return { op: "variable", type: variable.value, name: node.args };
    return this.refuse(node, "TYPE_MISMATCH", `${node.args} is not a value; name one of its attributes.`);
  }

  #select(node: ASTNode, receiver: ASTNode, name: string): Expression | undefined {
    const variable = this.attributesOf(receiver);
    if (variable !== undefined) return this.attribute(node, variable, name);
    const checked = this.check(receiver);
    return checked && this.refuse(node, "TYPE_MISMATCH", `${checked.type} has no attribute ${name}.`);
  }

  #index(node: ASTNode, receiver: ASTNode, at: ASTNode): Expression | undefined {
    const variable = this.attributesOf(receiver);
    if (variable === undefined) return this.#operator(node, [receiver, at]);
    if (at.op === "value" && typeof at.args === "string") return this.attribute(node, variable, at.args);
    return this.refuse(at, "UNSUPPORTED", "An attribute is named by a string literal.");
  }

  #logic(_node: ASTNode, op: "and" | "or", args: readonly [ASTNode, ASTNode]): Expression | undefined {
    const left = this.expect(args[0], ["boolean"]);
    const right = this.expect(args[1], ["boolean"]);
    return left && right && { op, type: "boolean", left, right };
  }

  #choose(node: ASTNode, args: readonly [ASTNode, ASTNode, ASTNode]): Expression | undefined {
    const when = this.expect(args[0], ["boolean"]);
    const yes = this.check(args[1]);
    const no = this.check(args[2]);
    if (when === undefined || yes === undefined || no === undefined) return undefined;
    const type = commonType(yes.type, no.type);
    if (type !== undefined) return { op: "choose", type, when, yes, no };
    return this.refuse(node, "TYPE_MISMATCH", `The branches differ: ${yes.type} and ${no.type}.`);
  }

  #equal(node: ASTNode, args: readonly [ASTNode, ASTNode], negated: boolean): Expression | undefined {
    const [left, right] = [this.check(args[0]), this.check(args[1])];
    if (left === undefined || right === undefined) return undefined;
    if (commonType(left.type, right.type) === undefined) {
      return this.refuse(node, "TYPE_MISMATCH", `${left.type} and ${right.type} are never equal.`);
    }
    const equal: Expression = { op: "equal", type: "boolean", left, right };
    return negated ? { op: "not", type: "boolean", operand: equal } : equal;
  }

  #compare(node: ASTNode, by: Comparison, args: readonly [ASTNode, ASTNode]): Expression | undefined {
    const types = ["number", "string", "timestamp", "duration"] as const;
    const [left, right] = [this.expect(args[0], types), this.expect(args[1], types)];
    if (left === undefined || right === undefined) return undefined;
    if (left.type === right.type) return { op: "compare", type: "boolean", by, left, right };
    return this.refuse(node, "TYPE_MISMATCH", `${left.type} and ${right.type} have no order between them.`);
  }

  #in(node: ASTNode, args: readonly [ASTNode, ASTNode]): Expression | undefined {
    const [item, list] = [this.check(args[0]), this.check(args[1])];
    if (item === undefined || list === undefined) return undefined;
    if (list.type === "list<nothing>" || list.type === `list<${item.type}>`) {
      return { op: "in", type: "boolean", item, list };
    }
    return this.refuse(node, "TYPE_MISMATCH", `${item.type} is not looked for in ${list.type}.`);
  }

  #list(node: ASTNode, nodes: readonly ASTNode[]): Expression | undefined {
    const items = nodes.map((item) => this.check(item));
    const known = items.filter((item) => item !== undefined);
    if (known.length < items.length) return undefined;
    const type = known[0]?.type ?? "nothing";
    const odd = known.findIndex((item) => item.type !== type);
    if (odd >= 0) {
      return this.refuse(
        nodes[odd]!,
        "TYPE_MISMATCH",
        `This is ${known[odd]!.type}; the list's items are ${type}.`,
      );
    }
    if (type.startsWith("list<"))
      return this.refuse(node, "UNSUPPORTED", "Lists of lists are not supported.");
    return { op: "list", type: `list<${type}>` as ValueType, items: known };
  }

  #operator(node: ASTNode, nodes: readonly ASTNode[]): Expression | undefined {
    const args = nodes.map((arg) => this.check(arg)).filter((arg) => arg !== undefined);
    if (args.length < nodes.length) return undefined;
    const types = args.map((arg) => arg.type);
    const operation = operators.find(({ name, params }) => name === node.op && accepts(params, types));
    if (operation !== undefined) return { op: "call", type: operation.result, operation, args };
    const shown = node.op === "-_" ? "-" : node.op;
    return this.refuse(node, "TYPE_MISMATCH", `${shown} does not take ${types.join(" and ")}.`);
  }
}
