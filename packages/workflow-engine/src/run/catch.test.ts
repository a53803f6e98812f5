// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of definitions.
import { describe, expect, test } from "vitest";
import { hourMs, Sample, t0 } from "../testing/samples.ts";

const call = "[ { a: { call: test.v1.S/Get } } ]";
const tried = (rule: string) => `do:\n  - t:\n      try: ${call}\n      catch: ${rule}`;
const communication = "https://serverlessworkflow.io/spec/1.0.0/errors/communication";

describe("catch", () => {
  test.each<[string, string, unknown]>([
    ["everything", "{}", { in: 1 }],
    ["by status", "{ errors: { with: { status: 503 } } }", { in: 1 }],
    ["by type", `{ errors: { with: { type: "${communication}" } } }`, { in: 1 }],
    ["not another status", "{ errors: { with: { status: 404 } } }", undefined],
    ["when", '{ when: "${ error.status == 503 }" }', { in: 1 }],
    ["not when", '{ when: "${ error.status == 404 }" }', undefined],
    ["exceptWhen", '{ as: e, exceptWhen: "${ e.status == 503 }" }', undefined],
    [
      "and do",
      '{ as: e, do: [ { b: { set: { was: "${ e.title } at ${ e.instance }" } } } ] }',
      { was: "Failed at /do/0/t/try/0/a" },
    ],
  ])("%s", (_name, rule, output) => {
    const run = new Sample(tried(rule), { input: { in: 1 } });
    run.fail(503);
    if (output === undefined) expect(run.state).toMatchObject({ status: "FAULTED", fault: { status: 503 } });
    else expect(run.state).toMatchObject({ status: "COMPLETED", output });
  });

  test("errors of expressions, and those within a catch go further out", () => {
    const run = new Sample(`do:
  - outer:
      try:
        - inner: { try: [ { a: { set: { x: "\${ input.none }" } } } ], catch: { do: [ { b: { set: { x: "\${ 1 / 0 }" } } } ] } }
      catch: { as: second, do: [ { c: { set: { at: "\${ second.instance }", type: "\${ second.type }" } } } ] }`);
    expect(run.state.output).toEqual({
      at: "/do/0/outer/try/0/inner/catch/do/0/b",
      type: "https://serverlessworkflow.io/spec/1.0.0/errors/expression",
    });
  });

  test("a condition that fails is an error of its own", () => {
    const run = new Sample(tried('{ when: "${ error.none }" }'));
    run.fail(503);
    expect(run.state).toMatchObject({ status: "FAULTED", fault: { status: 400, instance: "/do/0/t" } });
  });
});

describe("retry", () => {
  const pauses = (policy: string, times: number): number[] => {
    const run = new Sample(`use: { retries: { policy: ${policy} } }\n${tried("{ retry: policy }")}`);
    const found: number[] = [];
    for (let n = 0; n < times; n++) {
      run.fail(503);
      if (run.state.wakeMs === undefined) break;
      found.push((run.state.wakeMs - run.state.nowMs) / 1000);
      run.advance({ kind: "woken", nowMs: run.state.wakeMs });
      expect(run.pending).toBe(`/do/0/t/try/0/a#${n + 2}`);
    }
    if (found.length < times) expect(run.state).toMatchObject({ status: "FAULTED", fault: { status: 503 } });
    return found;
  };

  test.each<[string, number[]]>([
    ["{ delay: PT3S, limit: { attempt: { count: 2 } } }", [3, 3]],
    ["{ delay: PT3S, backoff: { constant: {} } }", [3, 3, 3, 3]],
    ["{ delay: PT3S, backoff: { linear: {} } }", [3, 6, 9, 12]],
    ["{ delay: PT3S, backoff: { exponential: {} } }", [3, 6, 12, 24]],
    ["{ delay: PT1M, limit: { duration: PT3M } }", [60, 60, 60]],
    ['{ delay: PT1S, when: "${ error.status == 404 }" }', []],
    ['{ delay: PT1S, exceptWhen: "${ error.status == 503 }" }', []],
  ])("%s", (policy, seconds) => {
    expect(pauses(policy, 4)).toEqual(seconds);
  });

  test("jitter is within its bounds, differs by attempt and is the same each time", () => {
    const policy = "{ delay: PT10S, jitter: { from: PT1S, to: PT5S } }";
    const found = pauses(policy, 4);
    expect(found.every((seconds) => seconds >= 11 && seconds <= 15)).toBe(true);
    expect(new Set(found).size).toBeGreaterThan(1);
    expect(pauses(policy, 4)).toEqual(found);
  });

  test("when it is used up does what catch does", () => {
    const run = new Sample(
      tried("{ retry: { limit: { attempt: { count: 1 } } }, do: [ { b: { set: { gave: up } } } ] }"),
    );
    run.fail(503);
    expect(run.pending).toBe("/do/0/t/try/0/a#2");
    run.fail(503);
    expect(run.state.output).toEqual({ gave: "up" });
  });

  test("an attempt that takes too long is retried too", () => {
    const run = new Sample(
      tried("{ retry: { delay: PT1M, limit: { attempt: { count: 1, duration: PT1H } } } }"),
    );
    run.wake(hourMs);
    expect(run.state).toMatchObject({ status: "WAITING", wakeMs: t0 + hourMs + 60_000 });
    run.wake(hourMs + 60_000);
    expect(run.state).toMatchObject({ status: "RUNNING", wakeMs: t0 + 2 * hourMs + 60_000 });
    run.wake(3 * hourMs);
    expect(run.state).toMatchObject({ status: "FAULTED", fault: { status: 408 } });
  });
});
