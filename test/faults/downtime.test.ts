import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { connect, patiently } from "@marketmesh/client";
import { OfferAnswer_Answer } from "@marketmesh/contracts/allocation/v1";
import { type Database, openDatabase } from "@marketmesh/postgres";
import { expect, test } from "vitest";
import { brokenCapacity } from "../../services/allocation/src/testing/audit.ts";
import { ArmedPoints } from "./armed-points.ts";
import { demandIds, insertListings, market, supplyIds } from "./ledger/listings.ts";
import { brokenReplacements, makeOffers } from "./ledger/offered.ts";
import { type Setting, startSetting } from "./ledger/setting.ts";
import { paceNow } from "./pace.ts";
import { addToTally } from "./tally.ts";

const parent = `markets/${market}`;
const holdsCount = 1_000;
const offersCount = 300;
/** The aim, said beside what it took; a test that runs beside others only tells what is done now from what nobody does. */
const aimMs = 1_000;
const limitMs = 240_000;

test("what ran out while the service was down is given back as soon as it is ready, and offered to the next", async () => {
  await using setting = await startSetting(1);
  const { sql, processes } = setting;
  await insertListings(sql);
  await using opened = await openAsService(setting);
  const mesh = connect({ endpoints: { allocation: processes.endpoint }, token: setting.token });
  const expireTime = timestampFromMs(Date.now() + 3_600_000);
  const holds = Array.from({ length: holdsCount }, (_, n) => ({
    demand: `${parent}/listings/${demandIds[(n * 20) % demandIds.length]}`,
    supply: `${parent}/listings/${supplyIds[n % 5]}`,
    units: 1n,
    expireTime,
  }));
  const held: string[] = [];
  for (let from = 0; from < holdsCount; from += 100) {
    const answer = await mesh.allocation.batchCreateHolds({ parent, holds: holds.slice(from, from + 100) });
    held.push(...answer.holds.flatMap(({ hold }) => (hold ? [hold.name] : [])));
  }
  const offered = await makeOffers(opened.database, sql, offersCount, 3_600_000);
  mesh.close();
  expect(held.length).toBeGreaterThan(holdsCount / 2);

  await processes.kill(0);
  await runOut(sql);
  expect(await dueBy(sql)).toBe(held.length + offered.size);
  const readyMs = await processes.restart(0);
  await until(async () => (await dueBy(sql)) === 0);
  const tookMs = Math.max(0, performance.now() - readyMs);
  await until(async () => (await brokenReplacements(sql, offered)).length === 0);
  const offeredMs = performance.now() - readyMs;
  console.log(
    `after downtime: ${held.length} holds and ${offered.size} offers given back ${Math.round(tookMs)} ms after ready ` +
      `(aim ${aimMs}), all offered to the next after ${Math.round(offeredMs)} ms`,
  );
  const broken = await opened.database.background((tx) => brokenCapacity(tx));
  addToTally({ operations: held.length + 2 * offered.size, kills: 1, violations: broken.length });
  expect(broken).toEqual([]);
  expect(processes.crashes).toEqual([]);
  if (tookMs > 10 * aimMs) expect(tookMs).toBeLessThan(10 * aimMs * paceNow());
});

test("who dies between choosing the next best and offering, or with offers made, leaves each demand one offer, to the next best", async () => {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-points-"));
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
  const points = new ArmedPoints(folder);
  await using setting = await startSetting(1, { MARKETMESH_FAULT_POINTS: folder });
  const { sql, processes } = setting;
  await using opened = await openAsService(setting);
  const offered = await makeOffers(opened.database, sql, offersCount, 3_600_000);
  const mesh = connect({ endpoints: { allocation: processes.endpoint }, token: setting.token });
  const decline = async (ids: readonly string[]) => {
    const answers = ids.map((id) => ({
      offer: `${parent}/offers/${id}`,
      answer: OfferAnswer_Answer.DECLINE,
    }));
    const request = { parent, answers, requestId: crypto.randomUUID() };
    await patiently(() => mesh.allocation.batchAnswerOffers(request), { patienceMs: limitMs });
  };
  const ids = [...offered.values()];
  const third = Math.ceil(ids.length / 3);
  const deaths = ["allocation.offers.chosen", "allocation.offers.filled"];
  for (const [n, point] of deaths.entries()) {
    const hit = points.kill(point);
    const said = decline(ids.slice(n * third, (n + 1) * third));
    await hit;
    await processes.dies(0);
    await processes.restart(0);
    await said;
  }
  await decline(ids.slice(deaths.length * third));
  mesh.close();
  await until(async () => (await brokenReplacements(sql, offered)).length === 0).catch(() => {});
  const broken = [
    ...(await brokenReplacements(sql, offered)),
    ...(await opened.database.background((tx) => brokenCapacity(tx))),
  ];
  addToTally({ operations: 2 * offered.size, kills: deaths.length, violations: broken.length });
  expect(broken).toEqual([]);
  expect(processes.crashes).toEqual([]);
});

/** Whatever is held ends now. Had it a short life instead, a slow machine would see some of it end before the service does. */
async function runOut(sql: Setting["sql"]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`update holds set expire_time = date_trunc('milliseconds', now()) where state = 'HELD'`;
    await tx`update offers set expire_time = date_trunc('milliseconds', now()) where state = 'MADE'`;
  });
}

/** Holds that are over and still hold. */
async function dueBy(sql: Setting["sql"]): Promise<number> {
  const [row] = await sql<{ due: number }[]>`
    select count(*)::int as due from holds where state = 'HELD' and expire_time <= now()`;
  return row!.due;
}

async function openAsService({
  appUrl,
  backgroundUrl,
}: Setting): Promise<{ database: Database } & AsyncDisposable> {
  const database = await openDatabase({ url: appUrl, backgroundUrl });
  return { database, [Symbol.asyncDispose]: () => database.close() };
}

async function until(fact: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!(await fact())) {
    if (Date.now() > endMs) throw new Error(`never true: ${fact}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
