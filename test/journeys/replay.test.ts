import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { DuckDBInstance } from "@duckdb/node-api";
import { exportRecords } from "@marketmesh/cli/decisions/export-records";
import { columns, writeParquet } from "@marketmesh/cli/decisions/parquet";
import { replayed, simulated } from "@marketmesh/cli/replay/command";
import { draftOf, readPlanFile } from "@marketmesh/cli/simulate/plan-file";
import { Offer_State, Plan_Strategy, ReplayRoundsRequestSchema } from "@marketmesh/contracts/allocation/v1";
import { afterAll, beforeAll, expect, it } from "vitest";
import { recordLaborRound } from "../support/labor-round.ts";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const market = "labor";
const parent = `markets/${market}`;
const round = `${parent}/rounds/one`;
let mesh: WholeMesh;
let plan: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-replay-"));
  mesh = await startWholeMesh({ MARKETMESH_RELEASE: "0.0.0 journey" });
  plan = await recordLaborRound(mesh.clients, { market, supply: 400, demand: 80 });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await mesh?.[Symbol.asyncDispose]();
});

async function replay(strategy?: Plan_Strategy) {
  const request = create(ReplayRoundsRequestSchema, {
    ...{ parent, rounds: [round] },
    ...(strategy !== undefined && { draft: { plan: { strategy } } }),
  });
  const parts = [];
  for await (const part of mesh.clients.decisions.replayRounds(request)) parts.push(part);
  const { replays, release } = parts.at(-1)!;
  return { release, replay: replays[0]! };
}

it("a labor round replayed by its own plan comes out the same, pair for pair, and says who replayed it", async () => {
  const { replay: again, release } = await replay();
  expect(release).toBe("0.0.0 journey");
  expect(again).toMatchObject({
    round,
    identical: true,
    pairsGained: 0n,
    pairsLost: 0n,
    release: "0.0.0 journey",
  });
  expect(again.recorded!.pairCount).toBeGreaterThan(20n);
  expect(again.replayed).toMatchObject({
    resultHash: again.recorded!.resultHash,
    pairCount: again.recorded!.pairCount,
    value: again.recorded!.value,
    blockingPairs: 0n,
  });
  const { holds } = await mesh.clients.allocation.listHolds({ parent, pageSize: 1_000 });
  expect(BigInt(holds.length)).toBe(again.recorded!.pairCount);
});

it("by another plan it stands beside what was decided: the optimum is worth at least as much", async () => {
  const { replay: best } = await replay(Plan_Strategy.OPTIMAL);
  expect(best.identical).toBe(false);
  expect(best.replayed!.value).toBeGreaterThan(best.recorded!.value);
  expect(best.replayed!.gap).toBeDefined();
});

it("the command shows both as tables, with what really happened", async () => {
  const file = join(folder, "best.yaml");
  writeFileSync(file, "label: best\nstrategy: OPTIMAL\n");
  const draft = draftOf(readPlanFile(file), market);
  const asked = { parent, plan, rounds: [], roundCount: 1 };
  const table = await replayed(mesh.clients, asked, draft);
  expect(table).toContain(`${round} (plan version 1, 0.0.0 journey): `);
  expect(table).toMatch(/strategy +DEFERRED_ACCEPTANCE +OPTIMAL/);
  const played = await simulated(mesh.clients, asked, draft, 2);
  expect(played).toMatch(/ +really +fill-openings as recorded +best/);
  expect(played).toMatch(/fill +\d+\.\d % +\d+\.\d %/);
});

it("what is exported is what is stored, in both formats, row by row", async () => {
  const rows: Record<string, unknown>[] = [];
  for await (const row of exportRecords(mesh.clients, { market, considered: false })) rows.push(row);
  const stored = [];
  for (let pageToken = ""; ; ) {
    const page = await mesh.clients.allocation.listDecisions({ parent, pageToken, pageSize: 1_000 });
    stored.push(...page.decisions);
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect(rows.map(({ decision }) => decision)).toEqual(stored.map(({ name }) => name));
  const { offers } = await mesh.clients.allocation.listOffers({ parent, pageSize: 1_000 });
  const wordOf = new Map<number, string>(Object.entries(Offer_State).map(([word, value]) => [value, word]));
  const states = new Map(offers.map(({ hold, state }) => [hold, wordOf.get(state)]));
  for (const [at, row] of rows.entries()) {
    const { demand, outcomes, openUnits, policyVersion } = stored[at]!;
    expect(row).toMatchObject({
      demand,
      openUnits: Number(openUnits),
      policyVersion: Number(policyVersion),
      round,
    });
    const pairs = row.pairs as Record<string, unknown>[];
    expect(pairs.map(({ supply, hold }) => [supply, hold])).toEqual(
      outcomes.map((one) => [one.supply, one.hold]),
    );
    for (const { hold, offerState } of pairs) expect(offerState).toBe(states.get(String(hold)));
  }
  const out = join(folder, "log.parquet");
  await writeParquet(exportRecords(mesh.clients, { market, considered: true }), out);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const read =
    await connection.runAndReadAll(`select decision, demand, resultHash, openUnits::integer as units,
    len(list_filter(pairs, pair -> pair.chosen)) as chosen, len(pairs) as considered from read_parquet('${out}')`);
  const kept = read.getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  expect(
    kept.map(({ decision, demand, resultHash, units }) => ({ decision, demand, resultHash, units })),
  ).toEqual(
    rows.map(({ decision, demand, resultHash, openUnits: units }) => ({
      decision,
      demand,
      resultHash,
      units,
    })),
  );
  for (const [at, row] of rows.entries()) {
    expect(Number(kept[at]!.chosen)).toBe((row.pairs as unknown[]).length);
    expect(Number(kept[at]!.considered)).toBeGreaterThanOrEqual(Number(kept[at]!.chosen));
  }
  expect(Object.keys(rows[0]!)).toEqual(Object.keys(columns));
});
