import type { Evaluate } from "./closures.ts";
import type { Comparison } from "./residual.ts";
import { compareText } from "./text-order.ts";

export function compareToConstant<Place>(
  by: Comparison,
  left: Evaluate<Place>,
  right: number,
): Evaluate<Place> {
  const read = left as (place: Place) => number | undefined;
  const over = (holds: (value: number) => boolean) => (place: Place) => {
    const value = read(place);
    return value === undefined ? undefined : holds(value);
  };
  switch (by) {
    case "<":
      return over((value) => value < right);
    case "<=":
      return over((value) => value <= right);
    case ">":
      return over((value) => value > right);
    case ">=":
      return over((value) => value >= right);
  }
}

export function compareNumbers<Place>(
  by: Comparison,
  left: Evaluate<Place>,
  right: Evaluate<Place>,
): Evaluate<Place> {
  return (place) => {
    const a = left(place) as number | undefined;
    const b = right(place) as number | undefined;
    return a === undefined || b === undefined ? undefined : ordered(by, a - b);
  };
}

export function compareTexts<Place>(
  by: Comparison,
  left: Evaluate<Place>,
  right: Evaluate<Place>,
): Evaluate<Place> {
  return (place) => {
    const a = left(place) as string | undefined;
    const b = right(place) as string | undefined;
    return a === undefined || b === undefined ? undefined : ordered(by, compareText(a, b));
  };
}

/** Tells whether a difference, negative, zero or positive, stands for the comparison. */
export function ordered(by: Comparison, difference: number): boolean {
  switch (by) {
    case "<":
      return difference < 0;
    case "<=":
      return difference <= 0;
    case ">":
      return difference > 0;
    case ">=":
      return difference >= 0;
  }
}
