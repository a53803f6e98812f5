import type { ASTNode } from "@marcbachmann/cel-js";
import type { Checker } from "./check.ts";
import type { Expression, Operation } from "./expression.ts";
import { functions, methods, type Overload, variadic } from "./operations.ts";
import { compilePattern } from "./pattern.ts";
import { accepts, named } from "./type-fit.ts";

/** Checks a function or a method call; `has` and `math.` are told apart here too. */
export function checkCall(
  checker: Checker,
  node: ASTNode,
  name: string,
  receiver: ASTNode | undefined,
  args: readonly ASTNode[],
): Expression | undefined {
  if (receiver === undefined) {
    if (name === "has") return checkHas(checker, node, args);
    return checkFunction(checker, node, name, args);
  }
  if (receiver.op === "id" && receiver.args === "math")
    return checkFunction(checker, node, `math.${name}`, args);
  if (name === "matches") return checkMatches(checker, node, receiver, args);
  if (name === "shared") return checkShared(checker, node, receiver, args);
  return resolve(checker, node, name, methods, [receiver, ...args]);
}

function checkFunction(
  checker: Checker,
  node: ASTNode,
  name: string,
  args: readonly ASTNode[],
): Expression | undefined {
  const apply = Object.hasOwn(variadic, name) ? variadic[name] : undefined;
  if (apply === undefined) return resolve(checker, node, name, functions, args);
  const checked = args.map((arg) => checker.expect(arg, ["number", "timestamp", "duration"]));
  const known = checked.filter((arg) => arg !== undefined);
  if (known.length < args.length) return undefined;
  const type = known[0]?.type;
  if (type === undefined || known.some((arg) => arg.type !== type)) {
    return checker.refuse(
      node,
      "TYPE_MISMATCH",
      `${name} takes one or more numbers, or timestamps, or durations.`,
    );
  }
  return { op: "call", type, operation: { name, apply }, args: known };
}

function resolve(
  checker: Checker,
  node: ASTNode,
  name: string,
  among: readonly Overload[],
  nodes: readonly ASTNode[],
): Expression | undefined {
  const candidates = among.filter((overload) => overload.name === name);
  if (candidates.length === 0) {
    const known = among === methods ? [...methodNames, "matches", "shared"] : [...functionNames, "has"];
    return checker.refuse(node, "UNSUPPORTED", `There is no ${name}(); there is ${named(known)}.`);
  }
  const args = nodes.map((arg) => checker.check(arg)).filter((arg) => arg !== undefined);
  if (args.length < nodes.length) return undefined;
  const types = args.map((arg) => arg.type);
  const operation = candidates.find(({ params }) => accepts(params, types));
  if (operation !== undefined) return { op: "call", type: operation.result, operation, args };
  const allowed = candidates.map(({ params }) => `(${params.join(", ")})`).join(" or ");
  return checker.refuse(node, "TYPE_MISMATCH", `${name} takes ${allowed}, not (${types.join(", ")}).`);
}

const methodNames = methods.map(({ name }) => name);
const functionNames = [...functions.map(({ name }) => name), ...Object.keys(variadic)];

function checkHas(checker: Checker, node: ASTNode, args: readonly ASTNode[]): Expression | undefined {
  const [target] = args;
  const variable = target?.op === "." ? checker.attributesOf(target.args[0]) : undefined;
  if (args.length !== 1 || target?.op !== "." || variable === undefined) {
    return checker.refuse(node, "TYPE_MISMATCH", "has takes one attribute, as in has(supply.price).");
  }
  const attribute = checker.attribute(target, variable, target.args[1]);
  return attribute && { op: "has", type: "boolean", variable, name: attribute.name };
}

function checkMatches(
  checker: Checker,
  node: ASTNode,
  receiver: ASTNode,
  args: readonly ASTNode[],
): Expression | undefined {
  const text = checker.expect(receiver, ["string"]);
  const [literal] = args;
  if (args.length !== 1 || literal?.op !== "value" || typeof literal.args !== "string") {
    return checker.refuse(node, "UNSUPPORTED", "matches takes one pattern, written as a literal.");
  }
  const compiled = compilePattern(literal.args);
  if ("problem" in compiled) return checker.refuse(literal, "INVALID_LITERAL", compiled.problem);
  const { pattern } = compiled;
  const operation: Operation = { name: "matches", apply: (value: string) => pattern.test(value) };
  return text && { op: "call", type: "boolean", operation, args: [text] };
}

function checkShared(
  checker: Checker,
  node: ASTNode,
  receiver: ASTNode,
  args: readonly ASTNode[],
): Expression | undefined {
  const types = ["list<string>", "list<nothing>"] as const;
  const left = checker.expect(receiver, types);
  if (args.length !== 1) return checker.refuse(node, "TYPE_MISMATCH", "shared takes one list of strings.");
  const right = checker.expect(args[0]!, types);
  return left && right && { op: "shared", type: "number", left, right };
}
