import type { ASTNode } from "@marcbachmann/cel-js";
import { listItemsMax } from "../limits.ts";
import { spend } from "./budget.ts";
import { type Cell, type Compiler, type Evaluate, type Scope, truth } from "./compile.ts";
import { EvaluationError, isList, isMap, typeName, type Value } from "./value.ts";

const macros: Readonly<Record<string, (run: Run, body: Evaluate, where: Evaluate | undefined) => Evaluate>> =
  {
    all: (run, body) => quantified(run, body, false),
    exists: (run, body) => quantified(run, body, true),
    exists_one: (run, body) => (scope) => collected(run, scope, body).length === 1,
    filter: (run, body) => (scope) => collected(run, scope, body),
    map: (run, body, where) => (scope) => collected(run, scope, where, body),
  };

/** Calls `visit` for each item, with the macro's variable set, until it answers false. */
type Run = (scope: Scope, visit: (item: Value) => boolean) => void;

export function isMacro(name: string): boolean {
  return Object.hasOwn(macros, name);
}

/** `list.all(x, …)`, `exists`, `exists_one`, `filter`, `map(x, …)` and `map(x, where, …)`; a map gives its keys, sorted. */
export function macro(
  compiler: Compiler,
  node: ASTNode,
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
): Evaluate {
  const variable = args[0];
  if (variable?.op !== "id" || (args.length !== 2 && !(name === "map" && args.length === 3))) {
    return compiler.refuse(node, `${name} takes a variable's name and an expression.`);
  }
  const items = compiler.compile(receiver);
  const cell: Cell = { value: null };
  return compiler.within(variable.args, cell, () => {
    const before = compiler.size;
    const where = args.length === 3 ? compiler.compile(args[1]!) : undefined;
    const body = compiler.compile(args[args.length - 1]!);
    return macros[name]!(running(items, cell, compiler.size - before), body, where);
  });
}

/** `cost`: of one item, which is what the body is made of. */
function running(items: Evaluate, cell: Cell, cost: number): Run {
  return (scope, visit) => {
    const outer = cell.value;
    for (const item of itemsOf(items(scope))) {
      spend(cost);
      cell.value = item;
      if (!visit(item)) break;
    }
    cell.value = outer;
  };
}

function itemsOf(value: Value): readonly Value[] {
  if (isList(value)) {
    if (value.length > listItemsMax) throw new EvaluationError("the list is too long");
    return value;
  }
  if (value !== null && typeof value === "object" && isMap(value)) return Object.keys(value).sort();
  throw new EvaluationError(`${typeName(value)} is neither a list nor a map`);
}

function quantified(run: Run, body: Evaluate, decisive: boolean): Evaluate {
  return (scope) => {
    let result = !decisive;
    run(scope, () => {
      if (truth(body(scope)) !== decisive) return true;
      result = decisive;
      return false;
    });
    return result;
  };
}

function collected(run: Run, scope: Scope, where?: Evaluate, transform?: Evaluate): readonly Value[] {
  const kept: Value[] = [];
  run(scope, (item) => {
    if (where === undefined || truth(where(scope)))
      kept.push(transform === undefined ? item : transform(scope));
    return true;
  });
  return kept;
}
