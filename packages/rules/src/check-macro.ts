import type { ASTNode } from "@marcbachmann/cel-js";
import type { Checker } from "./check.ts";
import type { EachNode, Expression } from "./expression.ts";
import { nestingMax } from "./limits.ts";
import { elementType } from "./operations.ts";
import type { ValueType } from "./value.ts";

const kinds: Readonly<Record<string, EachNode["kind"]>> = {
  all: "all",
  exists: "exists",
  exists_one: "existsOne",
  existsOne: "existsOne",
  filter: "filter",
  map: "map",
};

export function isMacro(name: string): boolean {
  return Object.hasOwn(kinds, name);
}

/** Checks `list.all(x, ...)`, `exists`, `exists_one`, `filter`, `map(x, ...)` and `map(x, where, ...)`. */
export function checkMacro(
  checker: Checker,
  node: ASTNode,
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
): Expression | undefined {
  const kind = kinds[name]!;
  const list = checker.check(receiver);
  if (list === undefined) return undefined;
  if (!list.type.startsWith("list<")) {
    return checker.refuse(receiver, "TYPE_MISMATCH", `This is ${list.type}; ${name} runs over a list.`);
  }
  const variable = args[0];
  if (variable?.op !== "id" || (args.length !== 2 && !(kind === "map" && args.length === 3))) {
    return checker.refuse(node, "SYNTAX", `${name} takes a variable's name and an expression.`);
  }
  if (checker.nesting >= nestingMax) {
    return checker.refuse(node, "TOO_COMPLEX", `Lists are run through at most ${nestingMax} deep.`);
  }
  const element = elementType(list.type);
  return checker.within(variable.args, element, (local) => {
    const where = args.length === 3 ? checker.expect(args[1]!, ["boolean"]) : undefined;
    const last = args[args.length - 1]!;
    const body = kind === "map" ? checker.check(last) : checker.expect(last, ["boolean"]);
    if (body === undefined || (args.length === 3 && where === undefined)) return undefined;
    if (kind === "map" && body.type.startsWith("list<")) {
      return checker.refuse(last, "UNSUPPORTED", "Lists of lists are not supported.");
    }
    return { op: "each", type: resultType(kind, list.type, body.type), kind, list, local, where, body };
  });
}

function resultType(kind: EachNode["kind"], list: ValueType, body: ValueType): ValueType {
  if (kind === "filter") return list;
  return kind === "map" ? (`list<${body}>` as ValueType) : "boolean";
}
