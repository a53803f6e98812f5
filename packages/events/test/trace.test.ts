import { activeTraceparent, continueTrace, followContext } from "@marketmesh/telemetry";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { handledOf, type Mesh, note, put, seen, startMesh, until } from "./mesh.ts";

const exporter = new InMemorySpanExporter();
const traceOf = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;

beforeAll(() => {
  followContext();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
});
beforeEach(() => exporter.reset());

function spansOf(kind: SpanKind): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.kind === kind);
}

/** Announces one thing in each of these traces, all before the relay looks. */
async function announceIn(mesh: Mesh, digits: string): Promise<void> {
  for (const digit of digits)
    await continueTrace(traceOf(digit), () => mesh.put([{ id: `thing-${digit}`, version: 1n }]));
}

async function handled(mesh: Mesh, count: number, batchMax = 100): Promise<void> {
  const events = await mesh.start();
  events.work({ subscription: "test", service: "things", feeds: ["thing"], batchMax }, (tx, envelopes) =>
    note(tx, envelopes, activeTraceparent()),
  );
  await until(
    () => handledOf(mesh.database),
    ({ length }) => length === count,
  );
  await events.close();
}

test("stores the trace context of the announcing call", async () => {
  await using mesh = await startMesh();
  await announceIn(mesh, "1");
  await mesh.put([{ id: "a", version: 2n }]);
  const rows = await mesh.database.background((tx) =>
    tx.execute(sql`select traceparent from marketmesh.outbox order by id`),
  );
  expect(rows.map((row) => row.traceparent)).toEqual([traceOf("1"), ""]);
});

test("a single event is published and handled as a child of what announced it", async () => {
  await using mesh = await startMesh();
  await announceIn(mesh, "2");
  await handled(mesh, 1);
  const [published] = spansOf(SpanKind.PRODUCER);
  const [processed] = spansOf(SpanKind.CONSUMER);
  for (const span of [published, processed]) {
    expect(span?.parentSpanContext).toMatchObject({ traceId: "2".repeat(32), spanId: "2".repeat(16) });
    expect(span?.links).toEqual([]);
    expect(span?.attributes).toMatchObject({
      "messaging.system": "nats",
      "messaging.batch.message_count": 1,
    });
  }
  expect(published?.name).toBe("publish thing");
  expect(processed?.name).toBe("process test");
  expect(processed?.attributes["messaging.consumer.group.name"]).toBe("test");
  // What the handler does belongs to the span, its statements included.
  const [row] = await handledOf(mesh.database);
  expect(row?.by).toContain(processed?.spanContext().spanId);
  const statements = spansOf(SpanKind.CLIENT).filter(
    (span) => span.parentSpanContext?.spanId === processed?.spanContext().spanId,
  );
  expect(statements.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["insert inbox", "insert handled", "commit"]),
  );
});

test("a batch is handled in one span that links to what announced each event", async () => {
  await using mesh = await startMesh();
  await mesh.database.transaction(
    { market: "berlin", reach: "MARKET", principal: "users/operator", party: "" },
    async (tx) => {
      // One transaction and one partition: one message.
      for (const digit of "345")
        await continueTrace(traceOf(digit), () => put(tx, [{ id: "thing", version: BigInt(digit) }]));
      await put(tx, [{ id: "thing", version: 6n }]);
    },
  );
  await handled(mesh, 4);
  const linked = (span: ReadableSpan | undefined) => span?.links.map(({ context }) => context.spanId);
  for (const kind of [SpanKind.PRODUCER, SpanKind.CONSUMER]) {
    const [span, ...more] = spansOf(kind);
    expect(more).toEqual([]);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.attributes["messaging.batch.message_count"]).toBe(4);
    expect(linked(span)).toEqual(["3".repeat(16), "4".repeat(16), "5".repeat(16)]);
  }
});

test("a handler that fails marks its span", async () => {
  await using mesh = await startMesh();
  await announceIn(mesh, "7");
  const events = await mesh.start();
  const work = { subscription: "test", service: "things", feeds: ["thing"], batchMax: 1, attemptsMax: 1 };
  events.work(work, () => Promise.reject(new RangeError("ann@example.org is unwelcome")));
  const count = sql`select count(*)::int as n from marketmesh.dead_letters`;
  await until(
    () => mesh.database.background((tx) => tx.execute<{ n: number }>(count)),
    ([row]) => row?.n === 1,
  );
  await events.close();
  const [processed] = spansOf(SpanKind.CONSUMER);
  expect(processed?.attributes["error.type"]).toBe("RangeError");
  expect(processed?.status.code).toBe(SpanStatusCode.ERROR);
  expect(
    JSON.stringify(exporter.getFinishedSpans().map(({ attributes, status }) => [attributes, status])),
  ).not.toContain("ann@");
});

test("a projection's span continues the trace of what it applies", async () => {
  await using mesh = await startMesh();
  const events = await mesh.start();
  const projected = seen();
  const follower = mesh.follow(events, projected);
  await until(
    () => follower.caughtUp,
    (caughtUp) => caughtUp,
  );
  await announceIn(mesh, "8");
  await until(
    () => projected.versions.get("thing-8"),
    (version) => version === 1n,
  );
  await events.close();
  const [applied] = spansOf(SpanKind.CONSUMER);
  expect(applied).toMatchObject({ name: "apply thing", parentSpanContext: { traceId: "8".repeat(32) } });
});
