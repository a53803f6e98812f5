import type { JsonObject } from "@bufbuild/protobuf";
import { Listing_Audience, Side } from "@marketmesh/contracts/catalog/v1";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type CatalogClient, type RunningCatalog, refusalOf, startCatalog } from "./start-catalog.ts";

const parent = "markets/berlin";
const kind = `${parent}/kinds/candidate`;
const mark = "Zyx-Personal-Mark";
const nameOf = (id: string) => `${parent}/listings/${id}`;
const ada = `${parent}/parties/ada`;

const schema = {
  type: "object",
  properties: {
    skills: { type: "array", items: { type: "string" } },
    full_name: { type: "string", maxLength: 40, "x-personal": true },
    birth_year: { type: "number", "x-personal": true },
  },
};

let catalog: RunningCatalog;
let staff: CatalogClient;
let owner: CatalogClient;
let reader: CatalogClient;
const logged: string[] = [];

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, "write").mockImplementation(((chunk: string, ...rest: never[]) => {
      logged.push(String(chunk));
      return write(chunk, ...rest);
    }) as typeof stream.write);
  }
  catalog = await startCatalog({ LOG_LEVEL: "debug" });
  [staff, owner] = await Promise.all([catalog.staff("berlin"), catalog.party("berlin", "ada")]);
  reader = await catalog.as({
    reach: "MARKET",
    market: "berlin",
    permissions: ["catalog.listings.*", "catalog.personalData.read"],
  });
  const derivedAttributes = [
    { attribute: "born_before_1990", expression: "listing.birth_year < 1990.0" },
    { attribute: "named", expression: "has(listing.full_name)" },
  ];
  await staff.createKind({
    parent,
    kindId: "candidate",
    kind: { side: Side.SUPPLY, schema, derivedAttributes },
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await catalog?.[Symbol.asyncDispose]();
});

const personal = { full_name: mark, birth_year: 1985 };
const create = (client: CatalogClient, listingId: string, over: object = {}) =>
  client.createListing({
    parent,
    listingId,
    listing: { kind, attributes: { skills: ["sql"], ...personal }, ...over },
  });
const attributesFor = async (client: CatalogClient, id: string) =>
  (await client.getListing({ name: nameOf(id) })).listing?.attributes;

const open = { skills: ["sql"], born_before_1990: true, named: true };

describe("personal attributes", () => {
  test("are returned to the owner and to those whose permission names them", async () => {
    expect((await create(owner, "hers")).listing?.attributes).toEqual({ ...open, ...personal });
    await owner.publishListing({ name: nameOf("hers") });
    const bolt = await catalog.party("berlin", "bolt");
    expect(await attributesFor(owner, "hers")).toEqual({ ...open, ...personal });
    expect(await attributesFor(reader, "hers")).toEqual({ ...open, ...personal });
    expect(await attributesFor(staff, "hers")).toEqual(open);
    expect(await attributesFor(bolt, "hers")).toEqual(open);
    for (const [client, attributes] of [
      [owner, { ...open, ...personal }],
      [staff, open],
    ] as const) {
      const [one] = (await client.batchGetListings({ parent, names: [nameOf("hers")] })).listings;
      expect(one?.attributes).toEqual(attributes);
      const { listings } = await client.listListings({ parent, owner: ada });
      expect(listings.find(({ name }) => name === nameOf("hers"))?.attributes).toEqual(attributes);
    }
  });

  test("need an owner, and one who exists", async () => {
    expect(await refusalOf(create(staff, "nobodys"))).toBe("INVALID_ARGUMENT OWNER_REQUIRED");
    catalog.erase("berlin", "gone");
    const refused = create(staff, "gones", { owner: `${parent}/parties/gone` });
    expect(await refusalOf(refused)).toBe("FAILED_PRECONDITION OWNER_ERASED");
    expect((await create(staff, "hers-too", { owner: ada })).listing?.attributes).toEqual(open);
  });

  test("stay when somebody who can't see them writes back what it read", async () => {
    await create(owner, "kept");
    const { listing } = await staff.getListing({ name: nameOf("kept") });
    await staff.updateListing({
      listing: { name: nameOf("kept"), attributes: { ...listing?.attributes, skills: ["go"] } },
    });
    expect(await attributesFor(owner, "kept")).toEqual({ ...open, ...personal, skills: ["go"] });
    const paths = ["attributes.skills", "attributes.birth_year"];
    await owner.updateListing({
      listing: { name: nameOf("kept"), attributes: { skills: [] } },
      updateMask: { paths },
    });
    expect(await attributesFor(owner, "kept")).toEqual({ skills: [], named: true, full_name: mark });
    await owner.updateListing({ listing: { name: nameOf("kept"), attributes: { skills: [] } } });
    expect(await attributesFor(owner, "kept")).toEqual({ skills: [], named: false });
  });

  test("that are equal change nothing, others raise the version", async () => {
    await create(owner, "equal");
    const update = (attributes: JsonObject) =>
      owner.updateListing({ listing: { name: nameOf("equal"), attributes } });
    expect((await update({ skills: ["sql"], ...personal })).listing?.version).toBe(1n);
    expect((await update({ skills: ["sql"], ...personal, birth_year: 1986 })).listing?.version).toBe(2n);
  });

  test("come back with the answer that a repeated request gets", async () => {
    const request = {
      parent,
      listingId: "repeated",
      listing: { kind, attributes: { skills: [], ...personal } },
      requestId: "r1",
    };
    const first = await owner.createListing(request);
    expect(first.listing?.attributes).toMatchObject(personal);
    expect(await owner.createListing(request)).toEqual(first);
  });

  test("are imported sealed, and equal rows change nothing", async () => {
    const rows = [
      { listingId: "i1", owner: ada, attributes: { skills: [], ...personal } },
      { listingId: "i2", attributes: { skills: [], ...personal } },
      { listingId: "i3", owner: `${parent}/parties/gone`, attributes: personal },
    ];
    const counts = [];
    for (const importId of ["one", "two"]) {
      await staff.createImport({ parent, importId, import: { kind } });
      async function* messages() {
        yield { import: `${parent}/imports/${importId}`, firstRow: 1n, rows };
      }
      const answer = (await staff.importListings(messages())).import;
      counts.push([answer?.createdCount, answer?.unchangedCount, answer?.refusedCount]);
    }
    expect(counts).toEqual([
      [1n, 0n, 2n],
      [0n, 1n, 2n],
    ]);
    const { errors } = await staff.listImportErrors({ parent: `${parent}/imports/one` });
    expect(errors.map(({ row, reason }) => `${row} ${reason}`)).toEqual([
      "2 OWNER_REQUIRED",
      "3 OWNER_ERASED",
    ]);
    expect(await attributesFor(owner, "i1")).toMatchObject(personal);
  });

  test("never stand in a refusal", async () => {
    const tooLong = create(owner, "long", { attributes: { full_name: mark.repeat(3) } });
    const error: unknown = await tooLong.catch((cause: unknown) => cause);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(mark);
    expect(await refusalOf(create(owner, "long", { attributes: { full_name: mark.repeat(3) } }))).toBe(
      "INVALID_ARGUMENT ATTRIBUTE_INVALID",
    );
  });
});

describe("the marked value", () => {
  test("is in no export and no event", async () => {
    const stop = new AbortController();
    const changes = reader.watchListings({ parent }, { signal: stop.signal })[Symbol.asyncIterator]();
    await changes.next();
    await create(owner, "watched", { audience: Listing_Audience.PUBLIC });
    const { value } = await changes.next();
    expect(value?.listing?.attributes).toEqual(open);
    stop.abort();
    const seen: unknown[] = [];
    for await (const part of reader.exportListings({ parent })) seen.push(part);
    expect(seen.length).toBeGreaterThan(2);
    expect(
      JSON.stringify(seen, (_, given) => (typeof given === "bigint" ? String(given) : given)),
    ).not.toContain(mark);
  });

  test("is in no column of any table, the outbox and the remembered answers included", async () => {
    const sql = postgres(catalog.databaseUrl, { max: 1 });
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname in ('public', 'marketmesh')`;
    const holding: string[] = [];
    const hex = Buffer.from(mark).toString("hex");
    for (const { name } of tables) {
      const rows = await sql.unsafe<{ count: string }[]>(
        `select count(*) from ${name} t where t::text like '%${mark}%' or t::text like '%${hex}%'`,
      );
      if (rows[0]?.count !== "0") holding.push(name);
    }
    const [outbox] = await sql`select count(*) from marketmesh.outbox`;
    await sql.end();
    expect(Number(outbox?.count)).toBeGreaterThan(5);
    expect(tables.length).toBeGreaterThan(8);
    expect(holding).toEqual([]);
  });

  test("is in no log line", () => {
    expect(logged.join("")).not.toContain(mark);
  });
});

describe("personal attributes that don't open", () => {
  test("are left out and logged; the rest of the page is there, and no write drops them", async () => {
    const cyd = await catalog.party("berlin", "cyd");
    await create(cyd, "broken");
    await create(cyd, "whole");
    const sql = postgres(catalog.databaseUrl, { max: 1 });
    await sql`update listing_personal set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) where id = 'broken'`;
    await sql.end();
    const { listings } = await cyd.listListings({ parent, owner: `${parent}/parties/cyd` });
    expect(listings.map(({ attributes }) => attributes)).toEqual([open, { ...open, ...personal }]);
    expect(await attributesFor(cyd, "broken")).toEqual(open);
    expect(logged.join("")).toContain(nameOf("broken"));
    const update = { listing: { name: nameOf("broken"), attributes: { skills: ["go"] } } };
    await expect(
      cyd.updateListing({ ...update, updateMask: { paths: ["attributes.skills"] } }),
    ).rejects.toThrow();
    const again = { skills: [], full_name: "Cyd", birth_year: 1985 };
    await cyd.updateListing({ listing: { name: nameOf("broken"), attributes: again } });
    expect(await attributesFor(cyd, "broken")).toMatchObject(again);
  });
});

describe("after the owner is erased", () => {
  test("a listing is there without what was personal", async () => {
    const eve = await catalog.party("berlin", "eve");
    await create(eve, "eves");
    expect(await attributesFor(eve, "eves")).toMatchObject(personal);
    catalog.erase("berlin", "eve");
    catalog.tellErased("berlin", "eve");
    expect(await attributesFor(eve, "eves")).toEqual(open);
    expect(await attributesFor(reader, "eves")).toEqual(open);
  });
});
