import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMarket } from "@marketmesh/cli/job/market-job";
import { drawTrace } from "@marketmesh/cli/trace/draw-trace";
import { type FoundTrace, readTrace } from "@marketmesh/cli/trace/read-trace";
import type { RecordedSpan } from "@marketmesh/cli/trace/recorded-span";
import { connect } from "@marketmesh/client";
import { type Offer, Offer_State } from "@marketmesh/contracts/allocation/v1";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import { startTracing, type Tracing } from "@marketmesh/telemetry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const [small] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];
const market = "markets/traced";
const folder = mkdtempSync(join(tmpdir(), "marketmesh-traces-"));
/** The span of a caller that exports nothing here. */
const outside = "c".repeat(16);

let tracing: Tracing;
let mesh: WholeMesh;
let reported: string;
beforeAll(async () => {
  tracing = await startTracing({
    service: "mesh",
    target: { kind: "file", directory: folder, bytesMax: 64 * 1024 * 1024 },
    sampling: { parentBased: true, ratio: 0, tracesPerSecond: 0 },
    slowMs: 60_000,
    log: { warn: () => {} },
  });
  mesh = await startWholeMesh();
  reported = (await runMarket(mesh.clients, { ...small, market: "traced" }, 1, () => {})).traceId;
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await tracing?.close();
  rmSync(folder, { recursive: true });
});

/**
 * Waits until the files hold a trace with all of these, in which nothing hangs loose: of what still goes on, such as what an
 * event sets going, a part may be told before that of which it is a part.
 */
async function traceWith(traceId: string, names: readonly string[]): Promise<FoundTrace> {
  const deadline = performance.now() + 240_000;
  for (;;) {
    const found = readTrace(folder, traceId);
    const missing = names.filter((name) => !named(found, name));
    const loose = looseIn(found);
    if (missing.length + loose.length === 0) return found;
    if (performance.now() > deadline)
      throw new Error(`${missing.join(", ")} not in, ${loose.join(", ")} loose in\n${drawn(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Whatever belongs to a trace hangs on something that does, or on the caller from outside. */
function looseIn({ spans }: FoundTrace): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId)).add(outside);
  const loose = spans.filter(({ parentSpanId }) => parentSpanId !== "" && !ids.has(parentSpanId));
  return loose.map(({ name }) => name);
}

const named = ({ spans, referring }: FoundTrace, name: string) =>
  [...spans, ...referring].find((span) => `${span.kind} ${span.name}`.endsWith(name));
const drawn = (found: FoundTrace) => drawTrace(found, { linesMax: 500, linked: new Map() }).join("\n");

/** The names from the trace's beginning down to a span. */
function pathTo(found: FoundTrace, span: RecordedSpan | undefined): string[] {
  if (span === undefined) return [];
  const parent = found.spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...pathTo(found, parent), span.name.replace(/^.*\./, "")];
}

const statements = ["client insert offers", "client insert holds", "client commit"];
const messages = [
  "producer publish offer",
  "producer publish allocation",
  "consumer process runs-of-allocation",
];

describe("a trace", () => {
  it("leads from the request for a round over every phase to the answer and on", async () => {
    expect(reported).toMatch(/^[0-9a-f]{32}$/);
    const found = await traceWith(reported, [
      ...[
        "server marketmesh.allocation.v1.AllocationService/CreateRound",
        "internal snapshot",
        "internal assign",
      ],
      ...["server marketmesh.eligibility.v1.EligibilityService/BatchListEligible", "internal evaluate"],
      ...["server marketmesh.scoring.v1.ScoringService/Rank", "internal commit round"],
      ...["server marketmesh.allocation.v1.AllocationService/AcceptOffer", ...statements, ...messages],
    ]);
    // Answers that come together share a transaction, to which the trace then leads by a link.
    expect(named(found, "client insert allocations") ?? named(found, "answer offers")).toBeDefined();
    const rank = pathTo(found, named(found, "server marketmesh.scoring.v1.ScoringService/Rank"));
    expect(rank).toEqual([
      ...[
        "round",
        "AllocationService/CreateRound",
        "AllocationService/CreateRound",
        "round",
        "solve",
        "rank",
      ],
      ...["ScoringService/Rank", "ScoringService/Rank"],
    ]);
    expect(found.spans.filter(({ parentSpanId }) => parentSpanId === "")).toHaveLength(1);
  });

  it("tells nothing of parties or parameters", () => {
    const { spans } = readTrace(folder, reported);
    const texts = spans.flatMap(({ attributes }) => attributes["db.query.text"] ?? []);
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.filter((text) => text.length > 400)).toEqual([]);
    expect(texts.join("\n")).not.toContain("traced");
  });

  it("of an offer is continued by whoever answers it by itself", async () => {
    const [offer] = await offersOf("ACCEPTED", "01");
    const path = (
      await traceWith(reported, ["server marketmesh.allocation.v1.AllocationService/AcceptOffer"])
    ).spans;
    expect(offer?.traceparent.slice(3, 35)).toBe(reported);
    const answer = path.find(({ name, kind }) => kind === "client" && name.endsWith("/AcceptOffer"));
    expect(path.map(({ spanId }) => spanId)).toContain(answer?.parentSpanId);
  });

  it("that is not kept leaves no span, and its offers say so", async () => {
    using client = connect({ endpoints: mesh.endpoints, apiKey: mesh.operatorKey });
    const headers = { traceparent: `00-${"e".repeat(32)}-${"f".repeat(16)}-00` };
    await client.allocation.listOffers({ parent: market }, { headers });
    expect(readTrace(folder, "e".repeat(32)).spans).toEqual([]);
  });

  it("of a call that fails is exported though it is not kept", async () => {
    using client = connect({ endpoints: mesh.endpoints, apiKey: mesh.operatorKey });
    const headers = { traceparent: `00-${"d".repeat(32)}-${outside}-00` };
    await expect(
      client.allocation.getOffer({ name: `${market}/offers/none` }, { headers }),
    ).rejects.toThrow();
    const { spans } = await traceWith("d".repeat(32), [
      "client marketmesh.allocation.v1.AllocationService/GetOffer",
    ]);
    expect(spans).toMatchObject([{ error: "NOT_FOUND", parentSpanId: outside }]);
  });
});

async function offersOf(state: keyof typeof Offer_State, flags: string): Promise<Offer[]> {
  const { offers } = await mesh.clients.allocation.listOffers({
    parent: market,
    state: Offer_State[state],
    pageSize: 1_000,
  });
  return offers.filter(
    ({ traceparent }) => traceparent.endsWith(`-${flags}`) && traceparent.includes(reported),
  );
}
