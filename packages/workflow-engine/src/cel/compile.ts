import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import { expressionLengthMax } from "../limits.ts";
import { spend } from "./budget.ts";
import { type Callable, functions, methods } from "./functions.ts";
import { isMacro, macro } from "./macros.ts";
import { add, divide, multiply, negate, order, remainder, same, subtract, within } from "./operations.ts";
import { index, select, selectOptional } from "./select.ts";
import { EvaluationError, type Optional, typeName, type Value } from "./value.ts";

/** What the variables of an expression stand for, while it is evaluated. */
export interface Scope {
  value(name: string): Value;
}

export type Evaluate = (scope: Scope) => Value;

/** What is wrong with an expression, `offset` UTF-16 code units into it. */
export interface Mistake {
  readonly offset: number;
  readonly message: string;
}

export type Compiled =
  | { readonly ok: true; readonly evaluate: Evaluate; readonly names: ReadonlySet<string> }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

const parser = new Environment({
  enableOptionalTypes: true,
  limits: {
    maxAstNodes: 2_000,
    maxDepth: 64,
    maxListElements: 500,
    maxMapEntries: 100,
    maxCallArguments: 16,
  },
});

const highHalf = /[\ud800-\udbff](?![\udc00-\udfff])/;

/** Compiles an expression over the variables named. Equal for equal input: nothing is read but the arguments. */
export function compile(source: string, variables: ReadonlySet<string>): Compiled {
  if (source.length > expressionLengthMax) {
    const message = `An expression has at most ${expressionLengthMax} characters.`;
    return { ok: false, mistakes: [{ offset: 0, message }] };
  }
  let ast: ASTNode;
  try {
    ast = parser.parse(source).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const offset = error.range?.start ?? 0;
    // The parser reads code units, and may name half of a character.
    const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
    const message = `${error.summary.replace(highHalf, character).toWellFormed()}.`;
    return { ok: false, mistakes: [{ offset, message }] };
  }
  const compiler = new Compiler(variables);
  const evaluate = compiler.compile(ast);
  if (compiler.mistakes.length > 0) return { ok: false, mistakes: compiler.mistakes };
  return { ok: true, evaluate, names: compiler.names };
}

/** Where the variable of a macro has its value while the macro runs. */
export interface Cell {
  value: Value;
}

/** One pass over one syntax tree: closures out, mistakes collected. */
export class Compiler {
  readonly mistakes: Mistake[] = [];
  readonly names = new Set<string>();
  /** How many nodes were compiled. */
  size = 0;
  readonly #variables: ReadonlySet<string>;
  readonly #locals = new Map<string, Cell>();

  constructor(variables: ReadonlySet<string>) {
    this.#variables = variables;
  }

  refuse(node: ASTNode, message: string): Evaluate {
    if (this.mistakes.length < 10) this.mistakes.push({ offset: node.start, message });
    return () => null;
  }

  /** Compiles `body` with `name` standing for the cell's value. */
  within<T>(name: string, cell: Cell, body: () => T): T {
    const outer = this.#locals.get(name);
    this.#locals.set(name, cell);
    const result = body();
    if (outer === undefined) this.#locals.delete(name);
    else this.#locals.set(name, outer);
    return result;
  }

  compile(node: ASTNode): Evaluate {
    this.size++;
    switch (node.op) {
      case "value":
        return this.#literal(node, node.args);
      case "id":
        return this.#name(node, node.args);
      case ".":
        return select(this.compile(node.args[0]), node.args[1]);
      case ".?":
        return selectOptional(this.compile(node.args[0]), String(optionalField(node.args[1])));
      case "[]":
        return index(this.compile(node.args[0]), this.compile(node.args[1]));
      case "||":
        return either(this.compile(node.args[0]), this.compile(node.args[1]), true);
      case "&&":
        return either(this.compile(node.args[0]), this.compile(node.args[1]), false);
      case "!_":
        return not(this.compile(node.args));
      case "-_":
        return one(negate, this.compile(node.args));
      case "?:":
        return choose(this.compile(node.args[0]), this.compile(node.args[1]), this.compile(node.args[2]));
      case "list":
        return list(node.args.map((item) => this.compile(item)));
      case "map":
        return this.#map(node.args);
      case "call":
        return this.#call(node, node.args[0], node.args[1]);
      case "rcall":
        return this.#method(node, node.args);
      default:
        return this.#operator(node);
    }
  }

  #operator(node: ASTNode): Evaluate {
    const apply = Object.hasOwn(operators, node.op) ? operators[node.op] : undefined;
    if (apply === undefined) return this.refuse(node, `${node.op} is not supported.`);
    const [left, right] = node.args as [ASTNode, ASTNode];
    return two(apply, this.compile(left), this.compile(right));
  }

  #literal(node: ASTNode, value: unknown): Evaluate {
    if (typeof value === "bigint") {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) return this.refuse(node, "A whole number is at most 2^53 - 1.");
      return () => number;
    }
    const isPlain = value === null || ["string", "number", "boolean"].includes(typeof value);
    if (!isPlain) return this.refuse(node, "Bytes and unsigned numbers are not supported.");
    return () => value as Value;
  }

  #name(node: ASTNode, name: string): Evaluate {
    const cell = this.#locals.get(name);
    if (cell !== undefined) return () => cell.value;
    if (!this.#variables.has(name)) {
      const known = [...this.#variables].join(", ");
      return this.refuse(node, `${name} is not known here; there is ${known}.`);
    }
    this.names.add(name);
    return (scope) => scope.value(name);
  }

  #map(entries: readonly (readonly [ASTNode, ASTNode])[]): Evaluate {
    const compiled = entries.map(([key, value]) => [this.compile(key), this.compile(value)] as const);
    return (scope) => {
      const pairs: [string, Value][] = [];
      for (const [key, value] of compiled) {
        const name = key(scope);
        if (typeof name !== "string")
          throw new EvaluationError(`a map's key is a text, not ${typeName(name)}`);
        pairs.push([name, value(scope)]);
      }
      return Object.fromEntries(pairs);
    };
  }

  #call(node: ASTNode, name: string, args: readonly ASTNode[]): Evaluate {
    if (name === "has") return this.#has(node, args);
    if (!Object.hasOwn(functions, name)) {
      return this.refuse(
        node,
        `There is no function ${name}; there is ${Object.keys(functions).join(", ")}, has.`,
      );
    }
    return this.#apply(node, name, functions[name]!, args);
  }

  #method(node: ASTNode, [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]]): Evaluate {
    if (isMacro(name)) return macro(this, node, name, receiver, args);
    if (!Object.hasOwn(methods, name)) {
      return this.refuse(node, `There is no method ${name}; there is ${Object.keys(methods).join(", ")}.`);
    }
    return this.#apply(node, name, methods[name]!, [receiver, ...args]);
  }

  #apply(node: ASTNode, name: string, callable: Callable, args: readonly ASTNode[]): Evaluate {
    const values = args.map((argument) => this.compile(argument));
    if (values.length < callable.min || values.length > callable.max) {
      return this.refuse(node, `${name} does not take ${values.length} arguments.`);
    }
    return (scope) => callable.apply(...values.map((value) => value(scope)));
  }

  #has(node: ASTNode, args: readonly ASTNode[]): Evaluate {
    const field = args[0];
    if (args.length !== 1 || field?.op !== ".")
      return this.refuse(node, "has takes a field, as in has(input.name).");
    const selected = selectOptional(this.compile(field.args[0]), field.args[1]);
    return (scope) => (selected(scope) as Optional).value !== undefined;
  }
}

/** `.?` keeps its field as a name, or as a text literal's node. */
function optionalField(field: unknown): unknown {
  return typeof field === "object" && field !== null && "args" in field ? field.args : field;
}

const operators: Readonly<Record<string, (left: Value, right: Value) => Value>> = {
  "==": same,
  "!=": (left, right) => !same(left, right),
  "<": (left, right) => order(left, right) < 0,
  "<=": (left, right) => order(left, right) <= 0,
  ">": (left, right) => order(left, right) > 0,
  ">=": (left, right) => order(left, right) >= 0,
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "%": remainder,
  in: within,
};

function one(apply: (value: Value) => Value, operand: Evaluate): Evaluate {
  return (scope) => apply(operand(scope));
}

function two(apply: (left: Value, right: Value) => Value, left: Evaluate, right: Evaluate): Evaluate {
  return (scope) => apply(left(scope), right(scope));
}

export function truth(value: Value): boolean {
  if (typeof value === "boolean") return value;
  throw new EvaluationError(`a condition is true or false, not ${typeName(value)}`);
}

/** `||` is true, and `&&` false, as soon as either side is, even where the other can't be evaluated. */
function either(left: Evaluate, right: Evaluate, decisive: boolean): Evaluate {
  return (scope) => {
    let first: boolean;
    try {
      first = truth(left(scope));
    } catch (error) {
      if (error instanceof EvaluationError && truth(right(scope)) === decisive) return decisive;
      throw error;
    }
    return first === decisive ? decisive : truth(right(scope));
  };
}

function not(operand: Evaluate): Evaluate {
  return (scope) => !truth(operand(scope));
}

function choose(when: Evaluate, yes: Evaluate, no: Evaluate): Evaluate {
  return (scope) => (truth(when(scope)) ? yes(scope) : no(scope));
}

function list(items: readonly Evaluate[]): Evaluate {
  return (scope) => {
    spend(items.length);
    return items.map((item) => item(scope));
  };
}
