// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of definitions.
import { describe, expect, test } from "vitest";
import { hourMs, Sample, subject, t0 } from "../testing/samples.ts";

const listen = (to: string, more = "") => `do:\n  - a: { listen: { to: ${to}${more} } }`;

describe("listen", () => {
  test("to one takes the first that fits, and gives a list", () => {
    const run = new Sample(listen("{ one: { with: { type: m.v1.Done, data: '${ data.n > 1 }' } } }"));
    run.hear("m.v1.Done", { n: 1 });
    run.hear("m.v1.Done", { other: true });
    expect(run.state.status).toBe("WAITING");
    run.hear("m.v1.Done", { n: 2 });
    expect(run.state).toMatchObject({ status: "COMPLETED", output: [{ n: 2 }] });
  });

  test("to any takes whichever comes", () => {
    const run = new Sample(listen("{ any: [ { with: { type: m.v1.Done } }, { with: { type: stop } } ] }"));
    run.hear("stop", { why: "x" });
    expect(run.state.output).toEqual([{ why: "x" }]);
  });

  test("to all takes one each, in the order in which they came", () => {
    const run = new Sample(
      listen("{ all: [ { with: { type: a } }, { with: { type: b } }, { with: { type: a } } ] }"),
    );
    run.hear("b", 1);
    run.hear("b", 2);
    run.hear("a", 3);
    expect(run.state.status).toBe("WAITING");
    run.hear("a", 4);
    expect(run.state.output).toEqual([1, 3, 4]);
  });

  test("reads the envelope", () => {
    const run = new Sample(listen("{ one: { with: { type: m.v1.Done } } }", ", read: envelope"));
    run.hear("m.v1.Done", { n: 1 }, { id: "e9" });
    expect(run.state.output).toEqual([
      {
        id: "e9",
        source: "markets/m",
        specversion: "1.0",
        type: "m.v1.Done",
        subject,
        time: "2026-03-01T00:00:00Z",
        data: { n: 1 },
      },
    ]);
  });

  test("hears facts of the run's subject, or of another that its input names", () => {
    const run = new Sample(
      listen(
        "{ all: [ { with: { type: m.v1.Done } }, { with: { type: m.v1.Done, subject: '${ workflow.input.other }' } } ] }",
      ),
      { input: { other: "o1" } },
    );
    expect(run.hear("m.v1.Done", {}, { subject: "nobody" })).toBe(false);
    expect(run.hear("m.v1.Done", 1, { subject: "o1" })).toBe(true);
    expect(run.hear("m.v1.Done", 2)).toBe(true);
    expect(run.state.output).toEqual([1, 2]);
  });

  test("hears the ends of its tasks by their type", () => {
    const type = "marketmesh.fulfillment.v1.TaskCompleted";
    const run = new Sample(listen(`{ one: { with: { type: ${type}, subject: ship } } }`));
    expect(run.workflow.interests({ run: "r", market: "m", subject, input: {}, nowMs: t0 })).toEqual([
      { type },
    ]);
    expect(run.hear(type, {}, { subject: "pack" })).toBe(false);
    run.hear(type, { done: true }, { subject: "ship" });
    expect(run.state.output).toEqual([{ done: true }]);
  });

  test("faults where a subject can't be made", () => {
    const run = new Sample(listen("{ one: { with: { type: x, subject: '${ workflow.input.none }' } } }"));
    expect(run.hear("x")).toBe(false);
    expect(run.state.status).toBe("WAITING");
  });
});

describe("the mailbox", () => {
  const two = `do:
  - wait: { wait: PT1H }
  - a: { listen: { to: { one: { with: { type: a } } } } }
  - b: { listen: { to: { one: { with: { type: b } } } } }`;

  test("keeps what comes early, takes it once, and knows duplicates", () => {
    const run = new Sample(two);
    expect(run.hear("b", 2, { id: "b1" })).toBe(true);
    expect(run.hear("b", 2, { id: "b1" })).toBe(false);
    expect(run.hear("a", 1, { id: "a1" })).toBe(true);
    run.wake(hourMs);
    expect(run.state).toMatchObject({ status: "COMPLETED", output: [2] });
  });

  test("does not keep what nobody can listen to any more", () => {
    const run = new Sample(two);
    run.wake(hourMs);
    run.hear("a", 1);
    expect(run.state.stage).toBe("b");
    expect(run.hear("a", 2)).toBe(false);
    expect(run.hear("c", 2)).toBe(false);
  });

  test("is bounded: the oldest that nobody can listen to makes room", () => {
    const run = new Sample(two);
    run.hear("a", "first");
    for (let n = 0; n < 256; n++) run.hear("b", n);
    const mailbox = () => (run.state.internal as { mailbox: { data: unknown }[] }).mailbox;
    expect(mailbox()).toHaveLength(256);
    expect(mailbox()[0]!.data).toBe(0);
    run.wake(hourMs);
    expect(run.state).toMatchObject({ status: "WAITING", stage: "a" });
  });

  test("is bounded in size", () => {
    const run = new Sample(two);
    for (let n = 0; n < 30; n++) run.hear("b", "x".repeat(50_000));
    expect(JSON.stringify(run.state.internal).length).toBeLessThan(1_200_000);
  });
});

describe("what a run still awaits", () => {
  const ended = "m.v1.Ended";
  const awaits = (run: Sample, about: string) => run.workflow.awaits(run.state, ended, about);

  test("is what a listen that can still come names, with its subject", () => {
    const run = new Sample(`do:
  - a: { listen: { to: { any: [ { with: { type: go } }, { with: { type: ${ended}, subject: ship } } ] } } }
  - b:
      do:
        - c: { listen: { to: { one: { with: { type: ${ended}, subject: '\${ subject }' } } } } }
        - d: { listen: { to: { one: { with: { type: ${ended}, subject: confirm } } } } }
  - e: { wait: PT1H }`);
    expect([awaits(run, "ship"), awaits(run, "confirm")]).toEqual([true, true]);
    run.hear("go", 1);
    // A subject that an expression makes may be any.
    expect([awaits(run, "ship"), awaits(run, "confirm")]).toEqual([true, true]);
    run.hear(ended, 1);
    expect(run.workflow.awaits(run.state, "go", "")).toBe(false);
  });

  test("is nothing where a run is past it, or has ended; a way back counts", () => {
    const run = new Sample(`do:
  - a: { listen: { to: { any: [ { with: { type: go } }, { with: { type: ${ended}, subject: ship } } ] } } }
  - b: { listen: { to: { one: { with: { type: on } } } } }
  - c: { switch: [ { again: { when: '\${ input[0] == "again" }', then: b } }, { no: { then: end } } ] }`);
    run.hear("go", 1);
    expect([awaits(run, "ship"), run.workflow.awaits(run.state, "on", "")]).toEqual([false, true]);
    run.hear("on", "again");
    expect([run.state.status, run.workflow.awaits(run.state, "on", "")]).toEqual(["WAITING", true]);
    run.hear("on", "no");
    expect([run.state.status, run.workflow.awaits(run.state, "on", "")]).toEqual(["COMPLETED", false]);
  });
});

test("what the expressions of a step look at together is bounded", () => {
  const many = "${ workflow.input.all(a, workflow.input.all(b, a + b >= 0)) }";
  const run = new Sample(`do:\n  - a: { set: { n: '${many}' } }\n  - b: { set: { n: 1 }, then: a }`, {
    input: Array.from({ length: 150 }, (_, n) => n),
  });
  expect(run.state).toMatchObject({ status: "FAULTED", fault: { title: "Expression failed" } });
});
