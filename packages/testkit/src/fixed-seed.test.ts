import fc from "fast-check";
import { expect, test } from "vitest";

test("a property that states no seed draws the same cases again", () => {
  const drawn = () => {
    const cases: number[] = [];
    fc.assert(fc.property(fc.integer(), (one) => cases.push(one) > 0));
    return cases;
  };
  expect(drawn()).toEqual(drawn());
});
