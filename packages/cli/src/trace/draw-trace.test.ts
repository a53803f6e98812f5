import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drawTrace } from "./draw-trace.ts";
import { readTrace } from "./read-trace.ts";

const own = "a".repeat(32);
const other = "b".repeat(32);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trace-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Wanted {
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly at: number;
  readonly ms: number;
  readonly trace?: string;
  readonly kind?: number;
  readonly link?: { readonly traceId: string; readonly spanId: string };
  readonly attributes?: Record<string, string>;
  readonly failed?: boolean;
}

/** A line as a service's process writes it. */
function line(service: string, spans: readonly Wanted[]): string {
  const pairs = (attributes: Record<string, string>) =>
    Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const nanos = (ms: number) => String(1_700_000_000_000_000_000n + BigInt(Math.round(ms * 1e6)));
  const written = spans.map(
    ({ id, parent, name, at, ms, trace = own, kind = 1, link, attributes = {}, failed }) => ({
      ...{ traceId: trace, spanId: id.padEnd(16, "0"), name, kind, attributes: pairs(attributes) },
      ...(parent && { parentSpanId: parent.padEnd(16, "0") }),
      ...{ startTimeUnixNano: nanos(at), endTimeUnixNano: nanos(at + ms) },
      ...(link && { links: [{ ...link, spanId: link.spanId.padEnd(16, "0") }] }),
      ...(failed && { status: { code: 2, message: "X" } }),
    }),
  );
  const resource = { attributes: pairs({ "service.name": service }) };
  const scopeSpans = [{ scope: { name: `marketmesh.${service}` }, spans: written }];
  return `${JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] })}\n`;
}

const write = (file: string, ...lines: string[]) =>
  writeFileSync(join(folder, `${file}.ndjson`), lines.join(""));
const draw = (linesMax = 100) =>
  drawTrace(readTrace(folder, own), { linesMax, linked: new Map([[other, readTrace(folder, other)]]) });

describe("a drawn trace", () => {
  it("joins what the files of several processes hold, in the order of time", () => {
    const method = "marketmesh.allocation.v1.AllocationService/AllocateNow";
    write("cli.1", line("cli", [{ id: "1", name: "decide", at: 0, ms: 10 }]));
    write(
      "allocation.1",
      line("allocation", [
        {
          id: "3",
          parent: "2",
          name: "insert offers",
          at: 5,
          ms: 1,
          kind: 3,
          attributes: { "db.system.name": "x" },
        },
        { id: "4", parent: "2", name: "filter", at: 2, ms: 2.5, attributes: { "marketmesh.demands": "1" } },
      ]),
      line("allocation", [{ id: "2", parent: "1", name: method, at: 1, ms: 8, kind: 2, failed: true }]),
    );
    expect(draw()).toEqual([
      `trace ${own}: 4 spans of 2 services, 10.0 ms from 2023-11-14T22:13:20.000Z, 1 failed`,
      "       0.0      10.0  cli  decide",
      "       1.0       8.0  └─ allocation  server AllocationService/AllocateNow  FAILED X",
      "       2.0       2.5     ├─ allocation  filter  [demands=1]",
      "       5.0       1.0     └─ allocation  sql insert offers",
    ]);
  });

  it("shows a parent that is missing, once for all its children", () => {
    const lost = { parent: "9", name: "x", at: 0, ms: 1 };
    write(
      "a.1",
      line("catalog", [
        { id: "1", ...lost },
        { id: "2", ...lost, at: 1 },
      ]),
    );
    const lines = draw();
    expect(lines[1]).toContain("(span 9000000000000000 is not here");
    expect(lines.slice(2).map((text) => text.slice(22))).toEqual(["├─ catalog  x", "└─ catalog  x"]);
  });

  it("names links, draws the linked trace in place, and shows batches that held something of it", () => {
    write(
      "a.1",
      line("allocation", [{ id: "1", name: "offer", at: 5, ms: 0, link: { traceId: other, spanId: "7" } }]),
      line("allocation", [{ id: "7", trace: other, name: "round", at: 0, ms: 9 }]),
    );
    const batch = { id: "8", trace: "c".repeat(32), name: "process runs", at: 8, ms: 3, kind: 5 };
    write("f.1", line("fulfillment", [{ ...batch, link: { traceId: own, spanId: "1" } }]));
    expect(
      draw()
        .slice(1)
        .map((text) => text.slice(22)),
    ).toEqual([
      "allocation  offer",
      `├─ → linked to span 7000000000000000 of trace ${other}`,
      "│  └─ allocation  round",
      `└─ ⇠ fulfillment  consumer process runs  in trace ${"c".repeat(32)}`,
    ]);
  });

  it("draws many alike as one line and stops at the bound", () => {
    const alike = Array.from({ length: 20 }, (_, at) => ({
      id: `5${String(at).padStart(3, "0")}`,
      parent: "1",
      name: "commit",
      at,
      ms: 2,
    }));
    const distinct = Array.from({ length: 20 }, (_, at) => ({
      id: `6${String(at).padStart(3, "0")}`,
      parent: "1",
      name: `s${at}`,
      at,
      ms: 2,
    }));
    write("a.1", line("x", [{ id: "1", name: "root", at: 0, ms: 50 }, ...alike, ...distinct]));
    expect(draw().filter((text) => text.includes("commit"))).toEqual([
      expect.stringContaining("x  commit  ×20, 40.0 ms in all"),
    ]);
    const cut = draw(10);
    expect(cut).toHaveLength(11);
    expect(cut.at(-1)).toBe("… 13 more; --lines 23 shows them");
  });

  it("passes over lines that a crash cut short", () => {
    const whole = line("x", [{ id: "1", name: "root", at: 0, ms: 1 }]);
    write("a.1", whole.slice(0, 200), "\n", whole);
    expect(readTrace(folder, own).spans).toHaveLength(1);
  });

  it("is empty where nothing was recorded", () => {
    expect(readTrace(join(folder, "none"), own).spans).toEqual([]);
  });
});
