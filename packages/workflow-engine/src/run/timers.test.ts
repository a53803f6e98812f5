// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of definitions.
import { describe, expect, test } from "vitest";
import { after } from "../duration.ts";
import { hourMs, Sample, t0 } from "../testing/samples.ts";

const timeout = "https://serverlessworkflow.io/spec/1.0.0/errors/timeout";

describe("wait", () => {
  test.each([
    ["PT1H", hourMs],
    ["P7D", 7 * 24 * hourMs],
    ["P1Y", 365 * 24 * hourMs],
    ["P1M", 31 * 24 * hourMs],
    ["{ days: 1, hours: 2 }", 26 * hourMs],
    ["\"${ duration('90m') }\"", 1.5 * hourMs],
    ["\"${ timestamp('2026-03-01T02:00:00Z') - now }\"", 2 * hourMs],
    ['"${ input.pause }"', 3 * hourMs],
    ['"P${ input.days }D"', 48 * hourMs],
  ])("%s", (wait, ms) => {
    const run = new Sample(`do:\n  - a: { wait: ${wait} }`, { input: { pause: { hours: 3 }, days: 2 } });
    expect(run.state).toMatchObject({ status: "WAITING", wakeMs: t0 + ms });
    expect(run.wake(ms - 1)).toBe(false);
    expect(run.wake(ms)).toBe(true);
    expect(run.state).toMatchObject({ status: "COMPLETED", output: { days: 2 } });
  });

  test("a moment that is past needs no waiting", () => {
    const run = new Sample(`do:\n  - a: { wait: "\${ timestamp('2020-01-01') - now }" }`);
    expect(run.state.status).toBe("COMPLETED");
  });

  test("years and months follow the calendar", () => {
    const at = (text: string) => Date.parse(text);
    expect(after(at("2026-01-31T00:00:00Z"), "P1M")).toBe(at("2026-02-28T00:00:00Z"));
    expect(after(at("2024-02-29T00:00:00Z"), "P1Y")).toBe(at("2025-02-28T00:00:00Z"));
  });
});

describe("timeouts", () => {
  const body = `do:
  - a: { listen: { to: { one: { with: { type: x } } } }, timeout: { after: PT1H } }
  - b: { set: { x: "\${ input[0] }" } }`;

  test("fault the run with 408 where nothing catches", () => {
    const run = new Sample(body);
    expect(run.state.wakeMs).toBe(t0 + hourMs);
    run.wake(2 * hourMs);
    expect(run.state).toMatchObject({
      status: "FAULTED",
      nowMs: t0 + 2 * hourMs,
      fault: { type: timeout, status: 408, instance: "/do/0/a" },
    });
    expect(run.state.wakeMs).toBeUndefined();
    run.advance({ kind: "retried", nowMs: t0 + 5 * hourMs });
    expect(run.state).toMatchObject({ status: "WAITING", wakeMs: t0 + 6 * hourMs });
  });

  test("end with the task", () => {
    const run = new Sample(body);
    run.hear("x", 5, { atMs: t0 + 1 });
    expect(run.state).toMatchObject({ status: "COMPLETED", output: { x: 5 } });
  });

  test("due by an event's time come before the event", () => {
    const run = new Sample(`do:
  - t:
      try: [ { a: { listen: { to: { one: { with: { type: x } } } }, timeout: { after: PT1H } } } ]
      catch: { errors: { with: { status: 408 } }, do: [ { late: { wait: PT1H } }, { end2: { set: { late: true } } } ] }`);
    run.hear("x", 1, { atMs: t0 + hourMs });
    expect(run.state).toMatchObject({ status: "WAITING", wakeMs: t0 + 2 * hourMs });
    expect(run.entries.at(-1)!.moves).toEqual([
      { task: "/do/0/t/try/0/a", move: "left", timeMs: t0 + hourMs },
      { task: "/do/0/t/catch/do/0/late", move: "entered", timeMs: t0 + hourMs },
    ]);
    run.wake(9 * hourMs);
    expect(run.state.output).toEqual({ late: true });
  });

  test("several fire in order, each at its own time", () => {
    const run = new Sample(
      `do:\n  - a: { wait: PT1H }\n  - b: { wait: PT2H }\n  - c: { set: { at: "\${ now }" } }`,
    );
    run.wake(10 * hourMs);
    expect(run.entries[1]!.moves.map(({ timeMs }) => (timeMs - t0) / hourMs)).toEqual([1, 1, 3, 3, 3]);
    expect(run.state).toMatchObject({ output: { at: "2026-03-01T03:00:00Z" }, nowMs: t0 + 10 * hourMs });
  });

  test("of the workflow leave its task in place, and a retry has the time anew", () => {
    const run = new Sample(
      `timeout: { after: PT2H }\ndo:\n  - a: { listen: { to: { one: { with: { type: x } } } } }`,
    );
    run.wake(2 * hourMs);
    expect(run.state).toMatchObject({ status: "FAULTED", stage: "a", fault: { instance: "" } });
    run.hear("x", 1);
    expect(run.state.status).toBe("FAULTED");
    run.advance({ kind: "retried", nowMs: t0 + 3 * hourMs });
    expect(run.state).toMatchObject({ status: "COMPLETED", output: [1] });
  });

  test("a call that took too long is answered in vain", () => {
    const run = new Sample(`use: { timeouts: { short: { after: PT1M } } }
do:
  - t: { try: [ { a: { call: test.v1.S/Get, timeout: short } } ], catch: { as: problem, do: [ { b: { wait: PT1H } }, { c: { set: { was: "\${ problem.status }" } } } ] } }`);
    const effectId = run.pending;
    run.wake(hourMs / 60);
    expect(run.advance({ kind: "returned", nowMs: t0 + hourMs, effectId, output: {} })).toBe(false);
    run.wake(3 * hourMs);
    expect(run.state.output).toEqual({ was: 408 });
  });

  test("a run's time never goes back", () => {
    const run = new Sample(
      `do:\n  - a: { wait: PT1H }\n  - b: { listen: { to: { one: { with: { type: x } } } } }`,
    );
    run.wake(hourMs);
    run.hear("x", 1, { atMs: t0 });
    expect(run.state.nowMs).toBe(t0 + hourMs);
  });

  test("a loop of waits that is never done faults instead of hanging", () => {
    const run = new Sample(`do:\n  - a: { wait: PT1S, then: a }`);
    run.wake(400 * 24 * hourMs);
    expect(run.state).toMatchObject({ status: "FAULTED", fault: { status: 500 } });
  });
});
