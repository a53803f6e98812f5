import { describe, expect, test } from "vitest";
import { triggeredInput } from "../engine.ts";
import { market, Sample, subject, t0 } from "../testing/samples.ts";

/** The output of a run that needs nothing from outside. */
function outputOf(body: string, input: Record<string, unknown> = {}): unknown {
  const { state } = new Sample(body, { input: input as never });
  return state.status === "COMPLETED" ? state.output : (state.fault ?? state.status);
}

describe("flow", () => {
  const tasks = (then: string) => `do:
  - a: { set: { at: a }, then: ${then} }
  - b: { set: { at: b } }
  - c: { set: { at: "\${ input.at }c" } }`;

  test.each([
    ["continue", { at: "bc" }],
    ["c", { at: "ac" }],
    ["exit", { at: "a" }],
    ["end", { at: "a" }],
  ])("then: %s", (then, output) => {
    expect(outputOf(tasks(then))).toEqual(output);
  });

  test("exit leaves its list, end the workflow", () => {
    const nested = (then: string) => `do:
  - outer: { do: [ { a: { set: { at: a }, then: ${then} } }, { b: { set: { at: b } } } ] }
  - after: { set: { at: "\${ input.at } after" } }`;
    expect(outputOf(nested("exit"))).toEqual({ at: "a after" });
    expect(outputOf(nested("end"))).toEqual({ at: "a" });
    expect(new Sample(nested("end")).moves).toEqual([
      ">/do/0/outer",
      ">/do/0/outer/do/0/a",
      "</do/0/outer/do/0/a",
      "</do/0/outer",
    ]);
  });

  const byColour = `do:
  - pick:
      switch:
        - other: { then: grey }
        - red: { when: "\${ input.colour == 'red' }", then: warm }
        - blue: { when: "\${ input.colour == 'blue' }", then: exit }
  - warm: { set: { is: warm }, then: end }
  - grey: { set: { is: grey } }`;

  test.each([
    ["red", { is: "warm" }],
    ["blue", { colour: "blue" }],
    ["pink", { is: "grey" }],
  ])("switch on %s", (colour, output) => {
    expect(outputOf(byColour, { colour })).toEqual(output);
  });

  test("a switch without a default goes on when no case holds", () => {
    expect(
      outputOf(
        `do:\n  - s: { switch: [ { c: { when: "\${ false }", then: exit } } ] }\n  - t: { set: { x: 1 } }`,
      ),
    ).toEqual({ x: 1 });
  });

  test("a task whose condition does not hold is passed over, and its then with it", () => {
    expect(
      outputOf(
        `do:
  - a: { if: "\${ input.n > 1 }", set: { n: 100 }, then: end }
  - b: { set: { n: "\${ input.n + 1 }" } }`,
        { n: 1 },
      ),
    ).toEqual({ n: 2 });
  });

  test("a loop that never waits faults", () => {
    const state = new Sample(`do:\n  - a: { set: { x: 1 }, then: a }`).state;
    expect(state).toMatchObject({ status: "FAULTED", fault: { status: 500, instance: "/do/0/a" } });
  });
});

describe("data", () => {
  test("flows as the specification has it", () => {
    const run = new Sample(
      `input: { from: "\${ input.order }" }
output: { as: { total: "\${ output.total }", seen: "\${ context.seen }" } }
do:
  - price:
      input: { from: "\${ input.lines }" }
      set: { sum: "\${ input[0] + input[1] }", raw: "\${ size(task.input.lines) }", order: "\${ workflow.input.order.id }" }
      output: { as: { total: "\${ output.sum + task.output.raw }", by: "\${ size(input) }" } }
      export: { as: { seen: "\${ [output.total, output.by] }" } }`,
      { input: { order: { id: "o1", lines: [3, 4] } } },
    );
    expect(run.state).toMatchObject({ status: "COMPLETED", output: { total: 9, seen: [9, 2] } });
  });

  test("keeps a whole expression's type and embeds others in text", () => {
    expect(
      outputOf(`do:
  - a:
      set:
        number: " \${ 1 + 1 } "
        text: "n=\${ 1 + 1 }, l=\${ [1, 'a'] }, braces=\${ {'a': '}'}.a }"
        plain: no expression
        deep: [ { at: "\${ now }" } ]`),
    ).toEqual({
      number: 2,
      text: 'n=2, l=[1,"a"], braces=}',
      plain: "no expression",
      deep: [{ at: "2026-03-01T00:00:00Z" }],
    });
  });

  test("knows the run, the task and the time", () => {
    expect(
      outputOf(`do:
  - a:
      set: { ref: "\${ task.reference }", id: "\${ workflow.id }", market: "\${ market }", about: "\${ subject }",
             name: "\${ workflow.definition.document.name }", since: "\${ workflow.startedAt.epoch.milliseconds }" }`),
    ).toEqual({
      ref: "/do/0/a",
      id: "markets/m/runs/r1",
      market,
      about: subject,
      name: "sample",
      since: t0,
    });
  });

  test("an event that starts a run is its input, in a list", () => {
    const event = { id: "e1", type: "m.v1.Made", subject, timeMs: t0, data: { n: 4 } };
    const run = new Sample(
      `do:\n  - a: { set: { n: "\${ input[0].data.n }", of: "\${ input[0].subject }" } }`,
      {
        input: triggeredInput(event, market),
      },
    );
    expect(run.state.output).toEqual({ n: 4, of: subject });
  });

  test("that is too large faults the run", () => {
    const input = { text: "x".repeat(40_000) };
    const state = new Sample(`do:\n  - a: { set: { two: "\${ [input.text, input.text] }" } }`, { input })
      .state;
    expect(state).toMatchObject({ status: "FAULTED", fault: { status: 400, instance: "/do/0/a" } });
    expect(
      new Sample(`do:\n  - a: { set: { x: 1 } }`, { input: { text: "x".repeat(70_000) } }).state,
    ).toMatchObject({
      status: "FAULTED",
      fault: { status: 500 },
    });
  });

  test("export must make an object", () => {
    expect(outputOf(`do:\n  - a: { set: { x: 1 }, export: { as: "\${ 5 }" } }`)).toMatchObject({
      type: "https://serverlessworkflow.io/spec/1.0.0/errors/validation",
    });
  });
});

describe("effects", () => {
  const loop = `do:
  - ask: { call: test.v1.Service/Get, with: { about: "\${ subject }" } }
  - again: { switch: [ { more: { when: "\${ input.more }", then: ask } } ] }
  - tell: { emit: { event: { with: { type: told, source: "https://m", subject: "s\${ 1 }", data: { a: 1 } } } } }
  - pass: { set: { got: "\${ input.more }" } }`;

  test("calls have ids that count, and take one answer each", () => {
    const run = new Sample(loop);
    expect(run.pending).toBe("/do/0/ask#1");
    run.answer({ more: true });
    expect(run.effects).toMatchObject([{ kind: "call", id: "/do/0/ask#2", request: { about: subject } }]);
    const late = { kind: "returned", nowMs: t0, effectId: "/do/0/ask#1", output: {} } as const;
    expect(run.advance(late)).toBe(false);
    run.answer({ more: false });
    expect(run.effects).toEqual([
      {
        kind: "emit",
        id: "/do/2/tell#1",
        event: {
          id: "markets/m/runs/r1/do/2/tell#1",
          type: "told",
          subject: "s1",
          timeMs: t0,
          data: { a: 1 },
        },
      },
    ]);
    expect(run.state).toMatchObject({ status: "COMPLETED", output: { got: false } });
    expect(run.answer({})).toBe(false);
  });

  test("a call that fails faults the run, and a retry calls again with the same input", () => {
    const run = new Sample(loop);
    run.fail(503);
    expect(run.state).toMatchObject({ status: "FAULTED", fault: { status: 503, instance: "/do/0/ask" } });
    expect(run.advance({ kind: "woken", nowMs: t0 + 1e9 })).toBe(false);
    run.advance({ kind: "retried", nowMs: t0 });
    expect(run.state.fault).toBeUndefined();
    expect(run.pending).toBe("/do/0/ask#2");
    expect(run.advance({ kind: "retried", nowMs: t0 })).toBe(false);
  });

  test("a run that was over by the time it is cancelled stays completed", () => {
    const run = new Sample(`do:\n  - a: { wait: PT1H }`);
    run.advance({ kind: "cancelled", nowMs: t0 + 7_200_000, reason: "late" });
    expect(run.state).toMatchObject({ status: "COMPLETED" });
  });

  test("a faulted run that is cancelled has no fault any more", () => {
    const run = new Sample(loop);
    run.fail(503);
    run.advance({ kind: "cancelled", nowMs: t0, reason: "no need" });
    expect(run.state.status).toBe("CANCELLED");
    expect(run.state).not.toHaveProperty("fault");
  });

  test("a cancelled run hears nothing more", () => {
    const run = new Sample(loop);
    expect(run.advance({ kind: "cancelled", nowMs: t0 + 5, reason: "no need" })).toBe(true);
    expect(run.state).toMatchObject({ status: "CANCELLED", stage: "ask", nowMs: t0 + 5 });
    expect(run.advance({ kind: "cancelled", nowMs: t0 + 6, reason: "again" })).toBe(false);
  });
});

describe("examples of the specification, in CEL", () => {
  test("set", () => {
    const input = { configuration: { size: "small", fill: "red" } };
    expect(
      outputOf(
        `do:
  - setShape:
      set:
        shape: circle
        size: \${ input.configuration.size }
        fill: \${ input.configuration.fill }`,
        input,
      ),
    ).toEqual({ shape: "circle", size: "small", fill: "red" });
  });

  test.each([
    ["electronic", ["validatePayment", "fulfillOrder"]],
    ["physical", ["checkInventory", "packItems", "scheduleShipping"]],
    ["other", ["logWarning", "notifyAdmin"]],
  ])("switch: %s", (orderType, steps) => {
    const call = (name: string) => `        - ${name}: { call: test.v1.Service/${name} }`;
    const branch = (name: string, calls: string[], then: string) =>
      `  - ${name}:\n      do:\n${calls.map(call).join("\n")}${then}`;
    const run = new Sample(
      `do:
  - processOrder:
      switch:
        - case1: { when: "\${ input.orderType == 'electronic' }", then: processElectronicOrder }
        - case2: { when: "\${ input.orderType == 'physical' }", then: processPhysicalOrder }
        - default: { then: handleUnknownOrderType }
${branch("processElectronicOrder", ["validatePayment", "fulfillOrder"], "\n      then: exit")}
${branch("processPhysicalOrder", ["checkInventory", "packItems", "scheduleShipping"], "\n      then: exit")}
${branch("handleUnknownOrderType", ["logWarning", "notifyAdmin"], "")}`,
      { input: { orderType } },
    );
    const called: string[] = [];
    while (run.state.status === "RUNNING") {
      called.push(
        ...run.effects.flatMap((effect) => (effect.kind === "call" ? [effect.method.split("/")[1]!] : [])),
      );
      run.answer({});
    }
    expect(called).toEqual(steps);
    expect(run.state.status).toBe("COMPLETED");
  });
});
