import type { Accessor, Columns } from "./columns.ts";
import { compareTexts, compareToConstant } from "./comparisons.ts";
import type { Expression } from "./expression.ts";
import { countShared, type Leaves, plan } from "./plan.ts";
import type { Residual } from "./residual.ts";
import type { Value } from "./value.ts";

type Predicate = (row: number) => boolean | undefined;

/** Compiles a residual to a closure over columns: true, false, or `undefined` where it is unknown. */
export function predicateOver(residual: Residual, columns: Columns): Predicate {
  switch (residual.op) {
    case "const": {
      const { value } = residual;
      return () => value;
    }
    case "and":
      return every(
        residual.parts.map((part) => predicateOver(part, columns)),
        false,
      );
    case "or":
      return every(
        residual.parts.map((part) => predicateOver(part, columns)),
        true,
      );
    case "not": {
      const part = predicateOver(residual.part, columns);
      return (row) => {
        const value = part(row);
        return value === undefined ? undefined : !value;
      };
    }
    case "choose": {
      const when = predicateOver(residual.when, columns);
      const yes = predicateOver(residual.yes, columns);
      const no = predicateOver(residual.no, columns);
      return (row) => {
        const value = when(row);
        return value === undefined ? undefined : value ? yes(row) : no(row);
      };
    }
    case "has": {
      const read = columns.accessor(residual.attribute);
      return (row) => read(row) !== undefined;
    }
    case "compare":
      return compare(residual, columns.accessor(residual.attribute));
    case "oneOf":
      return oneOf(residual, columns);
    case "shares":
      return shares(residual, columns);
    case "opaque":
      return plan(residual.expression, rowLeaves(columns)) as Predicate;
  }
}

/** Compiles a bound number to a closure over columns; `undefined` where it is unknown. */
export function numberOver(expression: Expression, columns: Columns): (row: number) => number | undefined {
  return plan(expression, rowLeaves(columns)) as (row: number) => number | undefined;
}

/** Only one side is left, so an attribute's name is enough. */
function rowLeaves(columns: Columns): Leaves<number> {
  return {
    attribute: (_variable, name) => columns.accessor(name),
    variable: (name) => {
      throw new Error(`${name} is not bound`);
    },
    sharedCount: (name, values) => columns.sharedCount?.(name, values),
  };
}

/** `and` (decided by false) and `or` (decided by true). */
function every(parts: readonly Predicate[], decisive: boolean): Predicate {
  return (row) => {
    let open = false;
    for (let index = 0; index < parts.length; index++) {
      const value = parts[index]!(row);
      if (value === decisive) return decisive;
      if (value === undefined) open = true;
    }
    return open ? undefined : !decisive;
  };
}

function compare({ by, value }: Residual & { op: "compare" }, read: Accessor): Predicate {
  const closure =
    typeof value === "number" ? compareToConstant(by, read, value) : compareTexts(by, read, () => value);
  return closure as Predicate;
}

function oneOf({ attribute, values }: Residual & { op: "oneOf" }, columns: Columns): Predicate {
  if (
    columns.oneOf !== undefined &&
    values.length > 0 &&
    values.every((value) => typeof value === "string")
  ) {
    return columns.oneOf(attribute, values);
  }
  const read = columns.accessor(attribute);
  const wanted = new Set<Value>(values);
  const only = values.length === 1 ? values[0] : undefined;
  return (row) => {
    const value = read(row);
    if (value === undefined) return undefined;
    return only === undefined ? wanted.has(value) : value === only;
  };
}

function shares({ attribute, values, atLeast }: Residual & { op: "shares" }, columns: Columns): Predicate {
  const count = columns.sharedCount?.(attribute, values) ?? countedStrings(columns, attribute, values);
  return (row) => {
    const shared = count(row);
    return shared === undefined ? undefined : shared >= atLeast;
  };
}

function countedStrings(
  columns: Columns,
  attribute: string,
  values: readonly string[],
): (row: number) => number | undefined {
  const read = columns.accessor(attribute) as (row: number) => readonly string[] | undefined;
  return (row) => {
    const list = read(row);
    return list === undefined ? undefined : countShared(list, values);
  };
}
