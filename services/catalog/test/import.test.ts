import type { MessageInitShape } from "@bufbuild/protobuf";
import { decodeListingBlock, decodeRevision } from "@marketmesh/contracts";
import {
  Import_State,
  type ImportListingsRequestSchema,
  Listing_State,
  Side,
} from "@marketmesh/contracts/catalog/v1";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CatalogClient, type RunningCatalog, refusalOf, startCatalog } from "./start-catalog.ts";

type Message = MessageInitShape<typeof ImportListingsRequestSchema>;
type Row = NonNullable<Message["rows"]>[number];

let catalog: RunningCatalog;
let staff: CatalogClient;

const parent = "markets/berlin";
const kind = `${parent}/kinds/candidate`;
const importName = (id: string) => `${parent}/imports/${id}`;
const listingName = (id: string) => `${parent}/listings/${id}`;

const schema = {
  type: "object",
  required: ["skills"],
  properties: {
    skills: { type: "array", maxItems: 1000, items: { type: "string", maxLength: 200 } },
    years: { type: "number", minimum: 0, maximum: 60 },
  },
};

beforeAll(async () => {
  catalog = await startCatalog();
  staff = await catalog.staff("berlin");
  await Promise.all([
    staff.createKind({ parent, kindId: "candidate", kind: { side: Side.SUPPLY, schema } }),
    staff.createKind({ parent, kindId: "job", kind: { side: Side.DEMAND, schema } }),
  ]);
});
afterAll(() => catalog?.[Symbol.asyncDispose]());

const row = (listingId: string, skills: string[] = ["sql"], over: object = {}): Row => ({
  listingId,
  attributes: { skills },
  ...over,
});

async function open(importId: string, publish = true, client = staff) {
  await client.createImport({ parent, importId, import: { kind, publish } });
}

async function upload(importId: string, chunks: readonly Message[], client = staff) {
  async function* messages() {
    for (const [at, chunk] of chunks.entries())
      yield at === 0 ? { import: importName(importId), ...chunk } : chunk;
  }
  return (await client.importListings(messages())).import;
}

describe("an import", () => {
  test("stores rows as listings and tells from where on others may read them", async () => {
    await open("plain");
    const answer = await upload("plain", [
      { firstRow: 1n, rows: [row("p1"), row("p2", ["go"], { capacity: { units: 3n } })] },
      { firstRow: 3n, rows: [row("p3")], complete: true },
    ]);
    expect(answer).toMatchObject({
      state: Import_State.COMPLETE,
      acknowledgedRow: 3n,
      createdCount: 3n,
      updatedCount: 0n,
      unchangedCount: 0n,
      refusedCount: 0n,
    });
    const { listing } = await staff.getListing({ name: listingName("p2") });
    expect(listing).toMatchObject({
      state: Listing_State.ACTIVE,
      attributes: { skills: ["go"] },
      capacity: { units: 3n },
    });
    await expect.poll(async () => revisionOf("plain")).toMatchObject({ of: "feed", feedEpoch: 1n });
    const position = await positionOf();
    expect((await revisionOf("plain"))?.feedSeq).toBeLessThanOrEqual(position);
  });

  test("of rows that are there already changes nothing", async () => {
    const rows = [row("same1"), row("same2")];
    await open("same-a");
    await upload("same-a", [{ firstRow: 1n, rows }]);
    await open("same-b", false);
    const answer = await upload("same-b", [{ firstRow: 1n, rows: [...rows, row("same2", ["go"])] }]);
    expect(answer).toMatchObject({ createdCount: 0n, updatedCount: 1n, unchangedCount: 2n });
    expect((await staff.getListing({ name: listingName("same1") })).listing?.version).toBe(1n);
    const { listing } = await staff.getListing({ name: listingName("same2") });
    expect(listing).toMatchObject({
      version: 2n,
      attributes: { skills: ["go"] },
      state: Listing_State.ACTIVE,
    });
  });

  test("applies the later of two rows of one id after the earlier", async () => {
    await open("twice");
    const rows = [row("t1", ["a"]), row("t2"), row("t1", ["b"]), row("t1", ["b"])];
    const answer = await upload("twice", [{ firstRow: 1n, rows }]);
    expect(answer).toMatchObject({ createdCount: 2n, updatedCount: 1n, unchangedCount: 1n });
    const { listing } = await staff.getListing({ name: listingName("t1") });
    expect(listing).toMatchObject({ version: 1n, attributes: { skills: ["b"] } });
  });

  test("reports bad rows and stores the good ones", async () => {
    const jobs = `${parent}/kinds/job`;
    await staff.createListing({
      parent,
      listingId: "b-job",
      listing: { kind: jobs, attributes: { skills: [] } },
    });
    await staff.createListing({
      parent,
      listingId: "b-closed",
      listing: { kind, attributes: { skills: [] } },
    });
    await staff.closeListing({ name: listingName("b-closed") });
    await open("bad");
    const rows = [
      row("b1"),
      row("no id!"),
      { listingId: "b2", attributes: {} },
      row("b3", ["x".repeat(201)]),
      row("b4", [], { capacity: { units: -1n } }),
      row("b-job"),
      row("b-closed"),
      row("b5", [], { owner: "markets/oslo/parties/a" }),
      row("b6", ["x".repeat(66_000)]),
      row("b7", [], { audienceParties: [`${parent}/parties/a`] }),
      row("b8"),
    ];
    const answer = await upload("bad", [{ firstRow: 1n, rows }]);
    expect(answer).toMatchObject({ acknowledgedRow: 11n, createdCount: 2n, refusedCount: 9n });
    const first = await staff.listImportErrors({ parent: importName("bad"), pageSize: 5 });
    const rest = await staff.listImportErrors({ parent: importName("bad"), pageToken: first.nextPageToken });
    expect(rest.nextPageToken).toBe("");
    expect(
      [...first.errors, ...rest.errors].map(({ row, field, reason }) => [Number(row), field, reason]),
    ).toEqual([
      [2, "listing_id", "LISTING_ID_INVALID"],
      [3, "attributes.skills", "ATTRIBUTE_INVALID"],
      [4, "attributes.skills[0]", "ATTRIBUTE_INVALID"],
      [5, "capacity.units", "CAPACITY_INVALID"],
      [6, "listing_id", "KIND_MISMATCH"],
      [7, "listing_id", "LISTING_CLOSED"],
      [8, "owner", "OWNER_NOT_ALLOWED"],
      [9, "attributes.skills", "ATTRIBUTES_TOO_LARGE"],
      [10, "audience_parties", "AUDIENCE_INVALID"],
    ]);
  });

  test("keeps the first 1,000 bad rows and counts the others", async () => {
    await open("very-bad");
    const rows = Array.from({ length: 700 }, () => row("!"));
    const answer = await upload("very-bad", [
      { firstRow: 1n, rows },
      { firstRow: 701n, rows },
    ]);
    expect(answer?.refusedCount).toBe(1_400n);
    const { errors, nextPageToken } = await staff.listImportErrors({
      parent: importName("very-bad"),
      pageSize: 1_001,
    });
    expect([errors.length, errors.at(-1)?.row, nextPageToken]).toEqual([1_000, 1_000n, ""]);
  });

  test("resumes after a stream that broke, and skips what is sent again", async () => {
    await open("broken");
    async function* breaks() {
      yield { import: importName("broken"), firstRow: 1n, rows: [row("r1"), row("r2")] };
      await expect.poll(async () => (await state("broken"))?.acknowledgedRow).toBe(2n);
      throw new Error("the sender fell over");
    }
    await expect(staff.importListings(breaks())).rejects.toThrow();
    const resumed = await upload("broken", [
      { firstRow: 2n, rows: [row("r2", ["changed"]), row("r3")], complete: true },
    ]);
    expect(resumed).toMatchObject({ acknowledgedRow: 3n, createdCount: 3n, updatedCount: 0n });
    expect((await staff.getListing({ name: listingName("r2") })).listing?.attributes).toEqual({
      skills: ["sql"],
    });
  });

  test("gives two streams of the same rows one outcome", async () => {
    await open("pair");
    const chunks = [0, 1, 2].map((at) => ({
      firstRow: BigInt(at * 50 + 1),
      rows: Array.from({ length: 50 }, (_, i) => row(`pair${at * 50 + i}`)),
    }));
    await Promise.all([upload("pair", chunks), upload("pair", chunks)]);
    expect(await state("pair")).toMatchObject({
      acknowledgedRow: 150n,
      createdCount: 150n,
      unchangedCount: 0n,
    });
  });

  test("shares ids with writers that come between, without loss", async () => {
    await Promise.all(["race-a", "race-b"].map((id) => open(id)));
    const rows = Array.from({ length: 200 }, (_, at) => row(`race${at}`));
    const answers = await Promise.all([
      upload("race-a", [{ firstRow: 1n, rows }]),
      upload("race-b", [{ firstRow: 1n, rows: rows.toReversed() }]),
    ]);
    const count = (name: "createdCount" | "unchangedCount") =>
      answers.reduce((sum, it) => sum + (it?.[name] ?? 0n), 0n);
    expect([count("createdCount"), count("unchangedCount")]).toEqual([200n, 200n]);
  });

  test("numbers new listings only, each differently", async () => {
    await open("numbers");
    const rows = Array.from({ length: 300 }, (_, at) => row(`n${at}`));
    await upload("numbers", [
      { firstRow: 1n, rows },
      { firstRow: 301n, rows },
    ]);
    const ordinals = new Set<number>();
    let count = 0;
    for await (const { part } of staff.exportListings({ parent, kind })) {
      if (part.case !== "block") continue;
      count += part.value.ids.length;
      for (const ordinal of part.value.ordinals) ordinals.add(ordinal);
    }
    expect(ordinals.size).toBe(count);
  });

  test("is refused what it can't take", async () => {
    await open("refusing");
    const row1 = { firstRow: 1n, rows: [row("x1")] };
    expect(await refusalOf(upload("refusing", [{ firstRow: 2n, rows: [row("x1")] }]))).toBe(
      "INVALID_ARGUMENT IMPORT_ROW_GAP",
    );
    expect(await refusalOf(upload("refusing", [row1, { firstRow: 4n, rows: [row("x2")] }]))).toBe(
      "INVALID_ARGUMENT IMPORT_ROW_GAP",
    );
    expect((await state("refusing"))?.acknowledgedRow).toBe(1n);
    expect(await refusalOf(upload("none", [row1]))).toBe("NOT_FOUND IMPORT_NOT_FOUND");
    const tooMany = Array.from({ length: 1_001 }, (_, at) => row(`m${at}`));
    expect(await refusalOf(upload("refusing", [{ firstRow: 2n, rows: tooMany }]))).toBe(
      "INVALID_ARGUMENT VALIDATION_FAILED",
    );
    await upload("refusing", [{ firstRow: 2n, rows: [], complete: true }]);
    expect(await refusalOf(upload("refusing", [row1]))).toBe("FAILED_PRECONDITION IMPORT_COMPLETE");
    const other = staff.createImport({
      parent,
      importId: "refusing",
      import: { kind: `${parent}/kinds/job`, publish: true },
    });
    expect(await refusalOf(other)).toBe("ALREADY_EXISTS IMPORT_ALREADY_EXISTS");
    await open("refusing");
  });

  test("of a party is its own, and touches nothing of others", async () => {
    const acme = await catalog.party("berlin", "acme");
    const bolt = await catalog.party("berlin", "bolt");
    await open("acmes", true, acme);
    await upload("acmes", [{ firstRow: 1n, rows: [row("acme1")] }], acme);
    expect((await acme.getListing({ name: listingName("acme1") })).listing?.owner).toBe(
      `${parent}/parties/acme`,
    );
    await acme.createListing({ parent, listingId: "acme2", listing: { kind, attributes: { skills: [] } } });
    const denied = "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE";
    expect(await refusalOf(bolt.getImport({ name: importName("acmes") }))).toBe(denied);
    expect(await refusalOf(bolt.listImportErrors({ parent: importName("acmes") }))).toBe(denied);
    expect(await refusalOf(bolt.getImport({ name: importName("absent") }))).toBe(denied);
    await open("bolts", true, bolt);
    const answer = await upload(
      "bolts",
      [{ firstRow: 1n, rows: [row("acme1", ["stolen"]), row("acme2", ["stolen"]), row("bolt1")] }],
      bolt,
    );
    expect(answer).toMatchObject({ createdCount: 1n, refusedCount: 2n });
    const { errors } = await bolt.listImportErrors({ parent: importName("bolts") });
    expect(errors).toMatchObject([
      { row: 1n, reason: "LISTING_ALREADY_EXISTS", listingId: "acme1" },
      { row: 2n, reason: "RESOURCE_NOT_ACCESSIBLE", listingId: "acme2" },
    ]);
    expect((await staff.getListing({ name: listingName("acme1") })).listing?.attributes).toEqual({
      skills: ["sql"],
    });
  });
});

describe("an export with its feed", () => {
  test("loses no write that happens meanwhile: what the snapshot lacks comes after its position", async () => {
    const mesh = await catalog.as();
    await open("feed");
    const writing = upload(
      "feed",
      Array.from({ length: 20 }, (_, at) => ({
        firstRow: BigInt(at * 40 + 1),
        rows: Array.from({ length: 40 }, (_, i) => row(`f${(at * 40 + i) % 150}`, [`v${at}`])),
      })),
    );
    const exports = await Promise.all([0, 1, 2, 3].map(() => snapshotOf(mesh)));
    await writing;
    exports.push(await snapshotOf(mesh));
    const sql = postgres(catalog.databaseUrl, { max: 1 });
    const events = () => sql<{ id: string; version: string; feed_seq: string | null }[]>`
      select aggregate_id as id, version, feed_seq from marketmesh.outbox where feed = 'listing'`;
    await expect.poll(async () => (await events()).every((event) => event.feed_seq !== null)).toBe(true);
    const told = await events();
    await sql.end();
    const final = (await snapshotOf(mesh)).versions;
    expect(final.size).toBeGreaterThanOrEqual(150);
    for (const { position, versions } of exports) {
      const projected = new Map(versions);
      for (const { id, version, feed_seq } of told) {
        if (BigInt(feed_seq ?? 0) <= position)
          expect(versions.get(id) ?? 0).toBeGreaterThanOrEqual(Number(version));
        else if (Number(version) > (projected.get(id) ?? 0)) projected.set(id, Number(version));
      }
      expect(new Map([...projected].sort())).toEqual(new Map([...final].sort()));
    }
  });
});

async function snapshotOf(client: CatalogClient) {
  const versions = new Map<string, number>();
  let position = -1n;
  for await (const { part } of client.exportListings({ parent: "markets/-" })) {
    if (part.case === "snapshot") position = part.value.feedSeq;
    if (part.case !== "block") continue;
    for (const { id, version } of decodeListingBlock(part.value)) versions.set(id, version);
  }
  return { position, versions };
}

async function state(importId: string) {
  return (await staff.getImport({ name: importName(importId) })).import;
}

async function revisionOf(importId: string) {
  const revision = decodeRevision((await state(importId))?.revision ?? "");
  return revision?.of === "feed" ? revision : undefined;
}

async function positionOf(): Promise<bigint> {
  for await (const { part } of staff.exportListings({ parent })) {
    if (part.case === "snapshot") return part.value.feedSeq;
  }
  return 0n;
}
