import fc from "fast-check";
import { expect, test } from "vitest";
import { advanceRun, replayRun, startRun } from "../engine.ts";
import type { RunEvent } from "../model.ts";
import { body, type Happening, happening } from "../testing/random-workflows.ts";
import { hourMs, market, Sample, subject, t0, workflowOf } from "../testing/samples.ts";

const happenings = fc.array(happening, { maxLength: 25 });

function happen(run: Sample, one: Happening): boolean {
  const nowMs = run.state.nowMs;
  switch (one.what) {
    case "hear":
      return run.hear(one.type, one.data, { id: `e${one.id}` });
    case "answer":
      return run.answer({ n: one.hours });
    case "fail":
      return run.fail(500 + one.hours);
    case "retry":
      return run.advance({ kind: "retried", nowMs });
    case "wake":
      return run.advance({ kind: "woken", nowMs: nowMs + one.hours * hourMs });
    case "late":
      return run.advance({ kind: "returned", nowMs, effectId: `/do/0/t0#${one.hours}`, output: 1 });
  }
}

// Sample replays the history after each step and compares, so each of these checks replay as well.
test("a replayed history gives the state, byte for byte, and a duplicate changes nothing", () => {
  fc.assert(
    fc.property(body, happenings, (definition, events) => {
      const run = new Sample(definition, { input: { n: 1 } });
      for (const event of events) {
        happen(run, event);
        if (event.what !== "hear") continue;
        const before = JSON.stringify(run.state);
        expect(happen(run, event)).toBe(false);
        expect(JSON.stringify(run.state)).toBe(before);
      }
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("a state that was stored goes on as the one in memory", () => {
  fc.assert(
    fc.property(body, happenings, (definition, events) => {
      const kept = new Sample(definition);
      const stored = new Sample(kept.workflow);
      for (const event of events) {
        happen(kept, event);
        stored.state = shuffled(JSON.parse(JSON.stringify(stored.state))) as typeof stored.state;
        happen(stored, event);
        expect(JSON.parse(JSON.stringify(stored.state))).toEqual(JSON.parse(JSON.stringify(kept.state)));
      }
    }),
    { numRuns: 30, seed: 2 },
  );
});

/** With its keys in another order, as a database may give them back. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item)]),
  );
}

test("the order in which events of different types come does not matter to a run that takes one of each", () => {
  const definition = `do:
  - a: { listen: { to: { one: { with: { type: a } } } } }
  - b: { listen: { to: { one: { with: { type: b } } } }, output: { as: { b: "\${ output[0] }" } }, export: { as: "\${ output }" } }
  - c: { listen: { to: { all: [ { with: { type: c } }, { with: { type: m.v1.Done } } ] } }, output: { as: { n: "\${ output.map(x, x).exists(x, x == 3) }" } } }`;
  const workflow = workflowOf(definition);
  const events = ["a", "b", "c", "m.v1.Done"];
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: 4 }), (order) => {
      const run = new Sample(workflow);
      for (const type of order) run.hear(type, events.indexOf(type) + 1, { id: type });
      expect(run.state).toMatchObject({ status: "COMPLETED", output: { n: true }, context: { b: 2 } });
    }),
  );
});

test("timers fire alike whether a run is woken at each or once, late", () => {
  fc.assert(
    fc.property(body, fc.integer({ min: 0, max: 40 }), (definition, hours) => {
      const often = new Sample(definition);
      const once = new Sample(often.workflow);
      for (let hour = 0; hour <= hours; hour++) often.wake(hour * hourMs);
      once.wake(hours * hourMs);
      expect(once.moves).toEqual(often.moves);
      expect(once.state.status).toBe(often.state.status);
      expect(once.state.output).toEqual(often.state.output);
    }),
    { numRuns: 40, seed: 3 },
  );
});

test("no event of any shape makes the engine throw", () => {
  const nowMs = fc.integer({ min: t0 - hourMs, max: t0 + 50 * hourMs });
  const data = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<never>;
  const event: fc.Arbitrary<RunEvent> = fc.oneof(
    fc.record({
      kind: fc.constant("received" as const),
      nowMs,
      event: fc.record({
        id: fc.string(),
        type: fc.constantFrom("a", "b", "m.v1.Done", "__proto__", "constructor"),
        subject: fc.constantFrom(subject, "", "x"),
        timeMs: nowMs,
        data,
      }),
    }),
    fc.record({
      kind: fc.constant("returned" as const),
      nowMs,
      effectId: fc.constantFrom("/do/0/t0#1", "/do/1/t1#1", "?"),
      output: data,
    }),
    fc.record({
      kind: fc.constant("failed" as const),
      nowMs,
      effectId: fc.constantFrom("/do/0/t0#1", "?"),
      error: fc.record({
        type: fc.string(),
        status: fc.integer(),
        title: fc.string(),
        detail: fc.string(),
        instance: fc.string(),
      }),
    }),
    fc.record({ kind: fc.constantFrom("woken" as const, "retried" as const), nowMs }),
    fc.record({ kind: fc.constant("cancelled" as const), nowMs, reason: fc.string() }),
  );
  fc.assert(
    fc.property(body, data, fc.array(event, { maxLength: 15 }), (definition, input, events) => {
      const workflow = workflowOf(definition);
      const first = startRun(workflow, { run: "r", market, subject, input, nowMs: t0 });
      if (first.ignored) throw new Error("a start is never ignored");
      const entries = [first.entry];
      let { state } = first as { state: typeof first.state };
      for (const one of events) {
        const step = advanceRun(workflow, state, one);
        state = step.state;
        if (!step.ignored) entries.push(step.entry);
      }
      expect(JSON.stringify(replayRun(workflow, JSON.parse(JSON.stringify(entries))))).toBe(
        JSON.stringify(state),
      );
    }),
    { numRuns: 80, seed: 4 },
  );
});

test("a history of another definition does not replay", () => {
  const run = new Sample(`do:\n  - a: { set: { x: 1 } }`);
  const other = workflowOf(`do:\n  - b: { set: { x: 1 } }`);
  expect(() => replayRun(other, run.entries)).toThrow(/another definition/);
  expect(() => replayRun(run.workflow, [])).toThrow(/start/);
});
