import { AsyncLocalStorage } from "node:async_hooks";
import { context, ROOT_CONTEXT, type Span, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { endStatementSpan, startStatementSpan } from "./statement-span.ts";

const exporter = new InMemorySpanExporter();
const active = new AsyncLocalStorage<typeof ROOT_CONTEXT>();

beforeAll(() => {
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  context.setGlobalContextManager({
    active: () => active.getStore() ?? ROOT_CONTEXT,
    with: (own, work, receiver, ...args) => active.run(own, () => work.apply(receiver, args)),
    bind: (_, target) => target,
    enable: () => undefined as never,
    disable: () => undefined as never,
  });
});
beforeEach(() => exporter.reset());

function inTrace(text: string, failure?: unknown) {
  trace.getTracer("test").startActiveSpan("call", (call: Span) => {
    const span = startStatementSpan(text, "mm_catalog");
    if (span) endStatementSpan(span, failure);
    call.end();
  });
  return exporter.getFinishedSpans().find(({ name }) => name !== "call");
}

test.each([
  ["select 1", "select"],
  ["  select *\n from marketmesh.outbox o where id = $1", "select outbox"],
  ['with a as (select id from holds for update) update "levels" set held = $1', "update levels"],
  [
    "with x as (insert into marketmesh.outbox (id) select $1) select marketmesh.wake_relay()",
    "insert outbox",
  ],
  ["insert into f (a) values ($1) on conflict (a) do update set b = excluded.b", "insert f"],
  ["select a, (extract(epoch from create_time) * 1000) as ms from plans where id = $1", "select plans"],
  ["select set_config('marketmesh.reach', $1, true)", "select set_config"],
  ["select l.* from unnest(cast($1 as text[])) as given(id) join listings l using (id)", "select listings"],
  ["delete from offers where id = any($1)", "delete offers"],
  ["commit", "commit"],
])("%j is named %s", (text, name) => {
  expect(inTrace(text)).toMatchObject({
    name,
    attributes: { "db.system.name": "postgresql", "db.namespace": "mm_catalog" },
  });
});

test("a failure is told by its SQLSTATE and nothing that its message holds", () => {
  const failure = Object.assign(new Error("Key (email)=(ann@example.org) already exists"), { code: "23505" });
  const span = inTrace("insert into parties (email) values ($1)", failure);
  expect(span).toMatchObject({ attributes: { "error.type": "23505" }, status: { message: "23505" } });
  expect(JSON.stringify([span?.attributes, span?.status, span?.events])).not.toContain("ann@");
});

test("a long statement is cut", () => {
  const span = inTrace(`select ${"a, ".repeat(1_000)} b from c`);
  expect(String(span?.attributes["db.query.text"])).toHaveLength(400);
});

test("a statement outside a trace has no span", () => {
  expect(startStatementSpan("select 1", "mm_catalog")).toBeUndefined();
});
