// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of definitions.
// biome-ignore-all lint/suspicious/noThenProperty: `then` is a word of the definitions.
import fc from "fast-check";

/** Random small definitions, and what may happen to a run of one. */

type Task = Record<string, unknown>;
type Named = Record<string, Task>;

const types = ["a", "b", "m.v1.Done"];
const signal = fc.constantFrom(...types);
const flow = fc.constantFrom("continue", "continue", "continue", "exit", "end");

const leaf: fc.Arbitrary<Task> = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((n) => ({ set: { n, from: "${ input }" } })),
  fc.constant({ set: { n: "${ context.?n.orValue(0) + 1 }" }, export: { as: { n: "${ output.n }" } } }),
  fc.constant({ set: { n: "${ input.missing }" } }),
  fc.constant({ call: "test.v1.Service/Get", with: { about: "${ subject }" }, timeout: { after: "PT3H" } }),
  fc.integer({ min: 0, max: 4 }).map((hours) => ({ wait: { hours } })),
  signal.map((type) => ({ listen: { to: { one: { with: { type } } } }, timeout: { after: "PT5H" } })),
  fc.uniqueArray(signal, { minLength: 1 }).map((some) => ({
    listen: { to: { any: some.map((type) => ({ with: { type } })) } },
  })),
  fc.uniqueArray(signal, { minLength: 1 }).map((some) => ({
    listen: { to: { all: some.map((type) => ({ with: { type, data: "${ data > 1 }" } })) } },
    timeout: { after: "PT9H" },
  })),
  signal.map((type) => ({
    emit: { event: { with: { type: type.replaceAll(/[.A-Z]/g, "x"), source: "https://m" } } },
  })),
  fc.tuple(flow, flow).map(([one, other]) => ({
    switch: [{ c: { when: "${ context.?n.orValue(0) > 2 }", then: one } }, { d: { then: other } }],
  })),
);

const { task } = fc.letrec<{ task: Task; list: Named[] }>((tie) => ({
  list: fc.array(tie("task"), { minLength: 1, maxLength: 3 }).map(named),
  task: fc
    .tuple(
      fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        tie("list").map((list) => ({ do: list })),
        fc.tuple(tie("list"), tie("list"), fc.boolean()).map(([list, after, retries]) => ({
          try: list,
          catch: {
            ...(retries ? { retry: { delay: "PT1H", limit: { attempt: { count: 2 } } } } : {}),
            do: after,
          },
        })),
      ),
      flow,
    )
    .map(([one, next]) => (next === "continue" ? one : { ...one, then: next })),
}));

function named(tasks: readonly Task[]): Named[] {
  return tasks.map((one, at) => ({ [`t${at}`]: one }));
}

/** The body of a definition, without its head. */
export const body: fc.Arbitrary<string> = fc
  .array(task, { minLength: 1, maxLength: 4 })
  .map((tasks) => `do: ${JSON.stringify(named(tasks))}`);

/** What happens, in terms of a run: `answer` answers the call in flight. */
export type Happening =
  | { readonly what: "hear"; readonly type: string; readonly data: number; readonly id: number }
  | { readonly what: "answer" | "fail" | "retry" | "wake" | "late"; readonly hours: number };

export const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    what: fc.constant("hear" as const),
    type: signal,
    data: fc.integer({ min: 0, max: 3 }),
    id: fc.integer({ min: 0, max: 30 }),
  }),
  fc.record({
    what: fc.constantFrom(
      "answer" as const,
      "fail" as const,
      "retry" as const,
      "wake" as const,
      "late" as const,
    ),
    hours: fc.integer({ min: 0, max: 6 }),
  }),
);
