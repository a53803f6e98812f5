import { type Span, type SpanContext, TraceFlags, trace } from "@opentelemetry/api";
import { sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import { startMesh } from "./mesh.ts";

test("stores the trace context of the announcing call", async () => {
  await using mesh = await startMesh();
  const spanContext: SpanContext = {
    traceId: "1".repeat(32),
    spanId: "2".repeat(16),
    traceFlags: TraceFlags.SAMPLED,
  };
  const active = vi.spyOn(trace, "getActiveSpan").mockReturnValue(trace.wrapSpanContext(spanContext) as Span);
  await mesh.put([{ id: "a", version: 1n }]);
  active.mockRestore();
  await mesh.put([{ id: "a", version: 2n }]);
  const rows = await mesh.database.background((tx) =>
    tx.execute(sql`select traceparent from marketmesh.outbox order by id`),
  );
  expect(rows.map((row) => row.traceparent)).toEqual([`00-${"1".repeat(32)}-${"2".repeat(16)}-01`, ""]);
});
