// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of definitions.
import { describe, expect, test } from "vitest";
import { parseWorkflow } from "../engine.ts";
import { problemsOf, workflowOf } from "../testing/samples.ts";

/** A definition with one task, on the body's second line. */
const task = (text: string) => `do:\n  - a: ${text}`;

describe("a construct outside the subset is refused by name and place", () => {
  test.each<[string, string, string, number, number]>([
    ["fork", task("{ fork: { branches: [ { b: { set: { x: 1 } } } ] } }"), "/do/0/a/fork", 2, 10],
    ["for", task("{ for: { in: x }, do: [ { b: { set: { x: 1 } } } ] }"), "/do/0/a/for", 2, 10],
    ["run", task("{ run: { shell: { command: ls } } }"), "/do/0/a/run", 2, 10],
    ["raise", task("{ raise: { error: { type: 'https://x', status: 400 } } }"), "/do/0/a/raise", 2, 10],
    [
      "call: http",
      task("{ call: http, with: { method: get, endpoint: 'https://x' } }"),
      "/do/0/a/call",
      2,
      10,
    ],
    ["call: grpc", task("{ call: grpc, with: {} }"), "/do/0/a/call", 2, 10],
    ["call: openapi", task("{ call: openapi, with: {} }"), "/do/0/a/call", 2, 10],
    ["call: asyncapi", task("{ call: asyncapi, with: {} }"), "/do/0/a/call", 2, 10],
    ["call: log:1.0.0@global", task("{ call: 'log:1.0.0@global', with: {} }"), "/do/0/a/call", 2, 10],
    [
      "until",
      task("{ listen: { to: { any: [ { with: { type: x } } ], until: done } } }"),
      "/do/0/a/listen/to/until",
      2,
      58,
    ],
    [
      "foreach",
      task("{ listen: { to: { one: { with: { type: x } } } }, foreach: {} }"),
      "/do/0/a/foreach",
      2,
      58,
    ],
    [
      "correlate",
      task("{ listen: { to: { one: { with: { type: x }, correlate: {} } } } }"),
      "/do/0/a/listen/to/one/correlate",
      2,
      52,
    ],
    [
      "datacontenttype",
      task("{ listen: { to: { one: { with: { type: x, datacontenttype: y } } } } }"),
      "/do/0/a/listen/to/one/with/datacontenttype",
      2,
      50,
    ],
    ["schema", task("{ input: { schema: { document: {} } }, set: { x: 1 } }"), "/do/0/a/input/schema", 2, 19],
    ["secrets", "use: { secrets: [ a ] }\ndo:\n  - a: { set: { x: 1 } }", "/use/secrets", 1, 8],
    ["extensions", "use: { extensions: [] }\ndo:\n  - a: { set: { x: 1 } }", "/use/extensions", 1, 8],
    ["catalogs", "use: { catalogs: {} }\ndo:\n  - a: { set: { x: 1 } }", "/use/catalogs", 1, 8],
    ["functions", "use: { functions: {} }\ndo:\n  - a: { set: { x: 1 } }", "/use/functions", 1, 8],
    [
      "authentications",
      "use: { authentications: {} }\ndo:\n  - a: { set: { x: 1 } }",
      "/use/authentications",
      1,
      8,
    ],
    ["errors", "use: { errors: {} }\ndo:\n  - a: { set: { x: 1 } }", "/use/errors", 1, 8],
    ["every", "schedule: { every: { days: 1 } }\ndo:\n  - a: { set: { x: 1 } }", "/schedule/every", 1, 13],
    ["cron", "schedule: { cron: '* * * * *' }\ndo:\n  - a: { set: { x: 1 } }", "/schedule/cron", 1, 13],
    [
      "all",
      "schedule: { on: { all: [ { with: { type: x } } ] } }\ndo:\n  - a: { set: { x: 1 } }",
      "/schedule/on/all",
      1,
      19,
    ],
  ])("%s", (name, body, path, line, column) => {
    expect(problemsOf(body)).toContainEqual({
      reason: "NOT_SUPPORTED",
      message: expect.stringContaining(name),
      path,
      line,
      column,
    });
  });
});

describe("what is wrong is told", () => {
  test.each<[string, string, string]>([
    ["EXPRESSION_INVALID", task("{ set: { x: '${ inputt.x }' } }"), "/do/0/a/set/x"],
    ["EXPRESSION_INVALID", task("{ set: { x: '${ input.x' } }"), "/do/0/a/set/x"],
    ["EXPRESSION_INVALID", task("{ set: { x: '${ output.x }' } }"), "/do/0/a/set/x"],
    ["EXPRESSION_INVALID", task("{ if: 'input.x', set: { x: 1 } }"), "/do/0/a/if"],
    [
      "EXPRESSION_INVALID",
      task("{ listen: { to: { one: { with: { type: x, subject: '${ context.x }' } } } } }"),
      "/do/0/a/listen/to/one/with/subject",
    ],
    ["UNKNOWN_TASK", task("{ set: { x: 1 }, then: b }"), "/do/0/a/then"],
    ["UNKNOWN_TASK", task("{ switch: [ { c: { then: b } } ] }"), "/do/0/a/switch"],
    ["UNKNOWN_NAME", task("{ set: { x: 1 }, timeout: long }"), "/do/0/a/timeout"],
    [
      "UNKNOWN_NAME",
      task("{ try: [ { b: { set: { x: 1 } } } ], catch: { retry: often } }"),
      "/do/0/a/catch/retry",
    ],
    ["METHOD_NOT_CALLABLE", task("{ call: other.v1.Service/Get }"), "/do/0/a/call"],
    ["REQUEST_INVALID", task("{ call: test.v1.Service/Get, with: { wrong: 1 } }"), "/do/0/a/with/wrong"],
    ["INVALID", task("{ wait: soon }"), "/do/0/a/wait"],
    ["INVALID", task("{ wait: { fortnights: 1 } }"), "/do/0/a/wait"],
    ["INVALID", task("{ set: { x: 1 }, wait: P1D }"), "/do/0/a"],
    ["INVALID", task("{ switch: [ { c: { then: exit } }, { d: { then: exit } } ] }"), "/do/0/a/switch"],
    ["INVALID", "do:\n  - a: { set: { x: 1 } }\n  - a: { set: { x: 1 } }", "/do/1/a"],
    [
      "INVALID",
      task("{ listen: { to: { one: { with: { type: '${ input.x }' } } } } }"),
      "/do/0/a/listen/to/one/with/type",
    ],
    ["INVALID", task("{ try: [ { b: { set: { x: 1 } } } ], catch: { as: input } }"), "/do/0/a/catch/as"],
    ["SCHEMA", task("{ emit: { event: { with: { type: told } } } }"), "/do/0/a/emit/event/with"],
    ["SCHEMA", task("{ set: { x: 1 }, metadata: 5 }"), "/do/0/a/metadata"],
  ])("%s at %s", (reason, body, path) => {
    expect(problemsOf(body)).toContainEqual(
      expect.objectContaining({ reason, path, line: expect.any(Number) }),
    );
  });

  test("all of it at once, up to a bound", () => {
    const tasks = Array.from({ length: 120 }, (_, at) => `  - t${at}: { raise: {} }`);
    expect(problemsOf(`do:\n${tasks.join("\n")}`)).toHaveLength(100);
  });

  test("documents that are no YAML, another dialect, too large or too deep", () => {
    const reasons = (source: string) => {
      const parsed = parseWorkflow(source, () => undefined);
      return parsed.ok ? [] : parsed.problems.map(({ reason, path }) => `${reason} ${path}`);
    };
    expect(reasons("a: [")).toContain("SYNTAX ");
    expect(reasons("a: 1\na: 2")).toContain("SYNTAX ");
    expect(reasons("5")).toEqual(["INVALID "]);
    expect(reasons("document: { dsl: '0.8' }\ndo: []")).toEqual(
      expect.arrayContaining(["NOT_SUPPORTED /document/dsl", "NOT_SUPPORTED /evaluate/language"]),
    );
    expect(reasons(`# ${"é".repeat(140_000)}`)).toEqual(["TOO_LARGE "]);
    // Told without the parser, which would take a second for each of them.
    for (const open of ["[", "{a: ", "- "]) expect(reasons(open.repeat(40_000))).toEqual(["TOO_LARGE "]);
    expect(reasons("a: { b: 1, b: 2 }")).toContain("SYNTAX ");
    expect(
      reasons(`a: &a [x,x]\n${"b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n".replace("&b", "&a")}`).length,
    ).toBeGreaterThan(0);
  });
});

test("says what a shell has to know", () => {
  const workflow =
    workflowOf(`schedule: { on: { one: { with: { type: m.v1.Made, data: '\${ data.n > 1 }' } } } }
do:
  - a: { call: test.v1.Service/Get }
  - b: { listen: { to: { any: [ { with: { type: m.v1.Done } }, { with: { type: stop } }, { with: { type: m.v1.Other, subject: '\${ workflow.input.name }' } } ] } } }`);
  expect(workflow).toMatchObject({
    name: "sample",
    documentVersion: "1.0.0",
    stages: ["a", "b"],
    calledMethods: ["test.v1.Service/Get"],
    listenedTypes: ["m.v1.Done", "m.v1.Other", "stop"],
  });
  const begin = { run: "r", market: "m", subject: "s", input: { name: "x" }, nowMs: 0 };
  expect(workflow.interests(begin)).toEqual([
    { type: "m.v1.Done", subject: "s" },
    { type: "stop" },
    { type: "m.v1.Other", subject: "x" },
  ]);
  expect(workflow.interests({ ...begin, input: {} })).toHaveLength(2);
  const event = { id: "e", type: "m.v1.Made", subject: "s", timeMs: 0, data: { n: 2 } };
  const [trigger] = workflow.triggers;
  expect(trigger!.accepts(event, "m")).toBe(true);
  expect(trigger!.accepts({ ...event, data: { n: 1 } }, "m")).toBe(false);
  expect(trigger!.accepts({ ...event, data: {} }, "m")).toBe(false);
  expect(trigger!.accepts({ ...event, type: "m.v1.Gone" }, "m")).toBe(false);
});
