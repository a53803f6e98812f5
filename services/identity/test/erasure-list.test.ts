import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Party_State } from "@marketmesh/contracts/identity/v1";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openErasureList } from "../src/erasures/erasure-list.ts";
import { reapplyErasures } from "../src/erasures/reapply-erasures.ts";
import { catalogKey, type IdentityUnderTest, startIdentity } from "./start-identity.ts";

let folder: string;
let file: string;
let identity: IdentityUnderTest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "erasures-"));
  file = join(folder, "erasures.ndjson");
  identity = await startIdentity({ IDENTITY_ERASURE_LIST: `file:${file}` });
});
afterEach(async () => {
  await identity[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const lines = async () => (await readFile(file, "utf8")).trim().split("\n");
const reapply = async () => {
  const shell = { database: identity.database, now: () => new Date(), uuid: () => crypto.randomUUID() };
  return reapplyErasures(shell, await openErasureList(file));
};

test("an erasure is on the list when it is answered, once, and stands in every earlier state of the database", async () => {
  const { admin, name, party } = await identity.market("berlin");
  const keys = identity.as(await identity.tokenOf(catalogKey, { audience: "identity" }));
  await admin.createParty({ parent: name, partyId: "later", party: { displayName: "Lea" } });
  await keys.getPartyKeys({ parent: name, parties: [party] });
  await keys.getPartyKeys({ parent: name, parties: [`${name}/parties/later`] });
  // What a backup made now would hold.
  const before = await identity.database.background((tx) =>
    tx.execute(sql`select * from party_keys where party = 'ada'`),
  );
  await admin.eraseParty({ name: party });
  await admin.eraseParty({ name: party });
  await admin.eraseParty({ name: `${name}/parties/later` });
  expect((await lines()).map((line) => JSON.parse(line).party)).toEqual(["ada", "later"]);
  expect(await reapply()).toBe(0);

  // The database as it was: `ada` active and with a key, `later` not there yet.
  const { sealed_key } = before[0] as { sealed_key: Buffer };
  await identity.database.background(async (tx) => {
    await tx.execute(sql`delete from erasures`);
    await tx.execute(sql`delete from parties where id = 'later'`);
    await tx.execute(
      sql`update parties set state = 'ACTIVE', display_name = 'Ada', version = 1 where id = 'ada'`,
    );
    await tx.execute(sql`insert into party_keys (market, party, sealed_key, create_time)
      values ('berlin', 'ada', ${sealed_key}, now())`);
  });
  expect((await keys.getPartyKeys({ parent: name, parties: [party] })).partyKeys[0]!.key).toHaveLength(32);
  expect(await reapply()).toBe(2);
  const { partyKeys } = await keys.getPartyKeys({ parent: name, parties: [party] });
  expect(partyKeys[0]!.key).toHaveLength(0);
  expect((await admin.getParty({ name: party })).party).toMatchObject({
    state: Party_State.ERASED,
    displayName: "",
  });
  // A job that is repeated does not bring back who is not there yet.
  await admin.batchCreateParties({ parent: name, parties: [{ partyId: "later", displayName: "Lea" }] });
  const { party: later } = await admin.getParty({ name: `${name}/parties/later` });
  expect(later).toMatchObject({ state: Party_State.ERASED, displayName: "" });
  expect(await reapply()).toBe(0);
});

test("a list that a crash cut short goes on, one that was lost is written again, one that is damaged stops the start", async () => {
  const { admin, name, party } = await identity.market("berlin");
  await admin.eraseParty({ name: party });
  const [line] = await lines();
  await appendFile(file, '{"market":"berlin","par');
  await admin.createParty({ parent: name, partyId: "next" });
  for (let start = 0; start < 2; start++) expect((await openErasureList(file)).kept).toHaveLength(1);
  await appendFile(file, '{"market":"berlin","partyy":"x"}\n');
  await expect(openErasureList(file)).rejects.toThrow("line 3: not an erasure");
  await rm(file);
  expect(await reapply()).toBe(0);
  expect(await lines()).toEqual([line]);
});

test("an erasure of a market that is not here waits on the list", async () => {
  await appendFile(file, '{"market":"unknown","party":"x","eraseTime":"2026-11-21T00:00:00.000Z"}\n');
  expect(await reapply()).toBe(0);
  expect(await lines()).toHaveLength(1);
});
