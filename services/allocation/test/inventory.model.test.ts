import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Real } from "./model/real.ts";
import { Reference } from "./model/reference.ts";
import { anyStep, type Step } from "./model/steps.ts";
import { type App, startAllocation } from "./start-allocation.ts";

const units = 6;
const runs = Number(process.env.INVENTORY_MODEL_RUNS ?? 8);
const stepsMax = 60;

let app: App;
beforeAll(async () => {
  app = await startAllocation();
});
afterAll(() => app[Symbol.asyncDispose]());

/** A step that must be refused for the same reason on both, and leave both with the same units everywhere. */
class Taken implements fc.AsyncCommand<Reference, Real> {
  readonly step: Step;
  readonly seen: Map<string, number>;

  constructor(step: Step, seen: Map<string, number>) {
    this.step = step;
    this.seen = seen;
  }

  check(): boolean {
    return true;
  }

  async run(reference: Reference, real: Real): Promise<void> {
    const expected = reference.take(this.step);
    expect(`${await real.take(this.step)} after ${this}`).toBe(`${expected} after ${this}`);
    expect(await real.state()).toEqual(reference.state());
    this.seen.set(expected, (this.seen.get(expected) ?? 0) + 1);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

test("whatever is done to an inventory, it says and has what the reference does", async () => {
  const real = new Real(app);
  await real.startClock();
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.commands([anyStep.map((step) => new Taken(step, seen))], { maxCommands: stepsMax, size: "max" }),
      async (commands) => {
        await real.newRun(units);
        const setup = () => ({ model: new Reference(real.hour, units), real });
        await fc.asyncModelRun(setup, commands);
        expect(await real.broken()).toEqual([]);
      },
    ),
    { numRuns: runs, seed: 5, endOnFailure: true },
  );
  // That every refusal was met says that the steps reach what they should.
  expect([...seen.keys()].sort()).toEqual([
    "CAPACITY_BELOW_CLAIMS",
    "CAPACITY_EMBARGOED",
    "CAPACITY_EXHAUSTED",
    "HOLD_IN_BUNDLE",
    "HOLD_NOT_HELD",
    "HOLD_UNITS_EXCEEDED",
    "OK",
    "POOL_NOT_FOUND",
    "SLOT_CLAIMED",
    "SLOT_OVER",
  ]);
});
