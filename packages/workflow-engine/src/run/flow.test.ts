import { expect, test } from "vitest";
import { Sample, t0 } from "../testing/samples.ts";

test("runs tasks in order, each with the output of the one before", () => {
  const run = new Sample(
    `do:
  - one: { set: { n: "\${ input.n + 1 }" } }
  - two: { set: { n: "\${ input.n * 2 }", text: "n is \${ input.n }!" } }`,
    { input: { n: 1 } },
  );
  expect(run.state).toMatchObject({ status: "COMPLETED", stage: "two", output: { n: 4, text: "n is 2!" } });
  expect(run.moves).toEqual([">/do/0/one", "</do/0/one", ">/do/1/two", "</do/1/two"]);
});

test("calls, listens, waits and emits", () => {
  const run = new Sample(`do:
  - get: { call: test.v1.Service/Get, with: { name: "\${ subject }" }, export: { as: { price: "\${ output.price }" } } }
  - hear: { listen: { to: { one: { with: { type: test.v1.Done } } } } }
  - pause: { wait: { hours: 1 } }
  - tell: { emit: { event: { with: { type: told, source: "https://m", data: { price: "\${ context.price }" } } } } }
  - finish: { set: { outcome: done, heard: "\${ input[0].how }" } }`);
  expect(run.state).toMatchObject({ status: "RUNNING", stage: "get" });
  expect(run.effects).toEqual([
    {
      kind: "call",
      id: "/do/0/get#1",
      method: "test.v1.Service/Get",
      request: { name: "markets/m/allocations/a1" },
    },
  ]);
  run.answer({ price: "7" });
  expect(run.state).toMatchObject({ status: "WAITING", stage: "hear", context: { price: "7" } });
  run.hear("test.v1.Done", { how: "well" });
  expect(run.state).toMatchObject({ stage: "pause", wakeMs: t0 + 3_600_000 });
  run.wake(3_600_000);
  expect(run.effects).toMatchObject([{ kind: "emit", event: { type: "told", data: { price: "7" } } }]);
  expect(run.state).toMatchObject({ status: "COMPLETED", output: { outcome: "done", heard: "well" } });
});
