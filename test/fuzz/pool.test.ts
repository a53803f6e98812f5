import { expect, it } from "vitest";
import { Pool } from "./pool.ts";
import { randomOf } from "./random.ts";

it("draws the same value when only the request that it stands on has run", () => {
  const whole = new Pool();
  for (let number = 0; number < 90; number += 1) whole.put("names", `n${number}`, number, "name");
  for (let seed = 0; seed < 200; seed += 1) {
    const drawn = whole.draw("names", randomOf(seed));
    const alone = new Pool();
    alone.put("names", drawn?.value, drawn?.origin ?? 0, "name");
    alone.put("names", "of the set-up", -1, "name");
    const again = alone.draw("names", randomOf(seed));
    if (again?.origin !== -1) expect(again).toMatchObject({ value: drawn?.value, origin: drawn?.origin });
  }
});

it("keeps what the set-up left and the newest of what requests made", () => {
  const pool = new Pool();
  pool.put("names", "first", -1, "name");
  for (let number = 0; number < 5_000; number += 1) pool.put("names", `n${number}`, number, "name");
  const drawn = new Set(Array.from({ length: 500 }, (_, seed) => pool.draw("names", randomOf(seed))?.value));
  expect(drawn).toContain("first");
  expect([...drawn].every((value) => value === "first" || Number(String(value).slice(1)) > 4_800)).toBe(true);
});

it("has nothing to draw from an empty shelf", () => {
  expect(new Pool().draw("names", randomOf(1))).toBeUndefined();
});
