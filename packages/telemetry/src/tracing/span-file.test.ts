import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, test } from "vitest";
import { linksTo } from "../trace-context.ts";
import { spanFile } from "./span-file.ts";

const bytesMax = 64 * 1024;
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "spans-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const linked = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

function spans(count: number): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer("marketmesh.catalog");
  for (let n = 0; n < count; n += 1) {
    const attributes = { text: "x", whole: 7, part: 0.5, flag: true, list: ["a", "b"] };
    tracer.startSpan(`span ${n}`, { attributes, links: linksTo([linked]) }).end();
  }
  return exporter.getFinishedSpans();
}

const exported = (file: ReturnType<typeof spanFile>, batch: ReadableSpan[]) =>
  new Promise<number>((resolve) => file.export(batch, ({ code }) => resolve(code)));
const open = (pid = 1) => spanFile({ directory, service: "catalog", pid, bytesMax });
const bytesOf = () =>
  readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);

test("writes a batch as a line of OTLP/JSON that its owner alone may read", async () => {
  expect(await exported(open(), spans(2))).toBe(0);
  const path = join(directory, "catalog.1.ndjson");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  expect(lines).toHaveLength(1);
  const [{ scopeSpans }] = JSON.parse(lines[0] as string).resourceSpans;
  expect(scopeSpans[0].scope.name).toBe("marketmesh.catalog");
  expect(scopeSpans[0].spans[1]).toMatchObject({
    name: "span 1",
    kind: 1,
    startTimeUnixNano: expect.stringMatching(/^\d{19}$/),
    attributes: [
      { key: "text", value: { stringValue: "x" } },
      { key: "whole", value: { intValue: "7" } },
      { key: "part", value: { doubleValue: 0.5 } },
      { key: "flag", value: { boolValue: true } },
      { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } } },
    ],
    links: [{ traceId: "a".repeat(32), spanId: "b".repeat(16) }],
  });
});

test("never keeps more than its bound, and keeps the latest", async () => {
  const file = open();
  for (let n = 0; n < 40; n += 1) await exported(file, spans(20));
  expect(bytesOf()).toBeLessThanOrEqual(bytesMax);
  expect(bytesOf()).toBeGreaterThan(bytesMax / 4);
  const last = spans(1);
  await exported(file, last);
  const id = last[0]?.spanContext().spanId as string;
  expect(readFileSync(join(directory, "catalog.1.ndjson"), "utf8")).toContain(id);
});

test("files of processes that are gone stay up to the bound, the latest first", () => {
  for (let pid = 1; pid <= 8; pid += 1) {
    const path = join(directory, `catalog.${pid}.ndjson`);
    writeFileSync(path, "x".repeat(bytesMax / 4));
    utimesSync(path, pid, pid);
  }
  writeFileSync(join(directory, "scoring.1.ndjson"), "x");
  open(9);
  expect(readdirSync(directory).sort()).toEqual([
    ...[5, 6, 7, 8].map((pid) => `catalog.${pid}.ndjson`),
    "scoring.1.ndjson",
  ]);
});

test("a folder that cannot be written costs the spans and nothing else", async () => {
  const file = open();
  rmSync(directory, { recursive: true });
  expect(await exported(file, spans(1))).toBe(1);
  directory = mkdtempSync(join(tmpdir(), "spans-"));
});
