import { Side } from "@marketmesh/contracts/catalog/v1";
import { eventMigrations } from "@marketmesh/events";
import { assertRowSecurity, migrate, openDatabase } from "@marketmesh/postgres";
import { createTestDatabase } from "@marketmesh/testkit";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ordinals } from "../src/ordinals.ts";
import { type CatalogClient, type RunningCatalog, refusalOf, startCatalog } from "./start-catalog.ts";

let catalog: RunningCatalog;
let staff: CatalogClient;

const parent = "markets/berlin";
const nameOf = (id: string) => `${parent}/kinds/${id}`;
const schemaOf = (pay: object = {}) => ({
  type: "object",
  properties: { title: { type: "string" }, pay: { type: "number", maximum: 10, ...pay } },
});
const kindOf = (over: object = {}) => ({ side: Side.SUPPLY, schema: schemaOf(), ...over });

beforeAll(async () => {
  catalog = await startCatalog();
  staff = await catalog.staff("berlin");
});
afterAll(() => catalog?.[Symbol.asyncDispose]());

const create = (kindId: string, over: object = {}) =>
  staff.createKind({ parent, kindId, kind: kindOf(over) });

describe("a kind", () => {
  test("is created once, read and listed by name", async () => {
    const { kind } = await create("b-first");
    expect(kind).toMatchObject({
      name: nameOf("b-first"),
      version: 1n,
      side: Side.SUPPLY,
      schema: schemaOf(),
    });
    expect((await staff.getKind({ name: nameOf("b-first") })).kind).toEqual(kind);
    expect(await refusalOf(create("b-first"))).toBe("ALREADY_EXISTS KIND_ALREADY_EXISTS");
    await create("a-second");
    const page = await staff.listKinds({ parent, pageSize: 1 });
    const next = await staff.listKinds({ parent, pageToken: page.nextPageToken });
    expect([...page.kinds, ...next.kinds].map(({ name }) => name)).toEqual([
      nameOf("a-second"),
      nameOf("b-first"),
    ]);
    expect(await refusalOf(staff.getKind({ name: nameOf("none") }))).toBe("NOT_FOUND KIND_NOT_FOUND");
  });

  test("is refused with the place of its mistake", async () => {
    expect(await refusalOf(create("x", { schema: { type: "array" } }))).toBe(
      "INVALID_ARGUMENT SCHEMA_INVALID",
    );
    const derivedAttributes = [{ attribute: "d", expression: "listing.nothing" }];
    expect(await refusalOf(create("x", { derivedAttributes }))).toBe("INVALID_ARGUMENT EXPRESSION_INVALID");
    const groups = [{ group: "g", attribute: "pay" }];
    expect(await refusalOf(create("x", { groups }))).toBe("INVALID_ARGUMENT GROUP_INVALID");
    expect(await refusalOf(create("x", { side: Side.UNSPECIFIED }))).toBe(
      "INVALID_ARGUMENT VALIDATION_FAILED",
    );
  });

  test("changes compatibly, by the etag that was read; listings follow at their next write", async () => {
    const { kind } = await create("changing");
    const listing = { kind: nameOf("changing"), attributes: { title: "A", pay: 11 } };
    expect(await refusalOf(staff.createListing({ parent, listingId: "c1", listing }))).toBe(
      "INVALID_ARGUMENT ATTRIBUTE_INVALID",
    );
    const name = nameOf("changing");
    const update = (over: object) => staff.updateKind({ kind: { ...kindOf(), name, ...over } });
    expect((await update({})).kind).toEqual(kind);
    const wider = await update({ schema: schemaOf({ maximum: 20 }), etag: kind?.etag ?? "" });
    expect(wider.kind).toMatchObject({ version: 2n, schema: schemaOf({ maximum: 20 }) });
    expect((await staff.createListing({ parent, listingId: "c1", listing })).listing?.kindVersion).toBe(2n);
    expect(await refusalOf(update({ schema: schemaOf({ maximum: 30 }), etag: kind?.etag }))).toBe(
      "ABORTED ETAG_MISMATCH",
    );
    expect(await refusalOf(update({ schema: schemaOf({ maximum: 5 }) }))).toBe(
      "FAILED_PRECONDITION KIND_CHANGE_INCOMPATIBLE",
    );
    expect(await refusalOf(update({ name: nameOf("none") }))).toBe("NOT_FOUND KIND_NOT_FOUND");
  });

  test("keeps the types of its derived attributes", async () => {
    const derived = (expression: string) => ({ derivedAttributes: [{ attribute: "d", expression }] });
    await create("deriving", derived("listing.pay > 1.0"));
    const update = (expression: string) =>
      staff.updateKind({ kind: { ...kindOf(), name: nameOf("deriving"), ...derived(expression) } });
    expect((await update("listing.pay > 2.0")).kind?.version).toBe(2n);
    expect(await refusalOf(update("listing.title"))).toBe("FAILED_PRECONDITION KIND_CHANGE_INCOMPATIBLE");
  });

  test("is read by every party and written by the market's staff", async () => {
    await create("shared");
    const ada = await catalog.party("berlin", "ada");
    expect((await ada.getKind({ name: nameOf("shared") })).kind?.version).toBe(1n);
    const denied = "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE";
    expect(await refusalOf(ada.createKind({ parent, kindId: "hers", kind: kindOf() }))).toBe(denied);
    const kind = { ...kindOf({ schema: schemaOf({ maximum: 99 }) }), name: nameOf("shared") };
    expect(await refusalOf(ada.updateKind({ kind }))).toBe(denied);
    expect((await staff.getKind({ name: nameOf("shared") })).kind?.version).toBe(1n);
  });
});

describe("the tables", () => {
  const urls = createTestDatabase({ service: "catalog" });
  afterAll(async () => (await urls).drop());

  test("show nothing without a market, filled as they are", async () => {
    await create("filled", {
      schema: {
        type: "object",
        properties: { title: { type: "string" }, who: { type: "string", "x-personal": true } },
      },
    });
    const ada = await catalog.party("berlin", "ada");
    const listing = { kind: nameOf("filled"), attributes: { title: "A", who: "Ada" } };
    await ada.createListing({ parent, listingId: "filled", listing });
    await ada.publishListing({ name: `${parent}/listings/filled` });
    await staff.createImport({ parent, importId: "filled", import: { kind: nameOf("filled") } });
    async function* rows() {
      yield { import: `${parent}/imports/filled`, firstRow: 1n, rows: [{ listingId: "!" }] };
    }
    await staff.importListings(rows());
    const database = await openDatabase({ url: catalog.appUrl, backgroundUrl: catalog.backgroundUrl });
    const tables = await assertRowSecurity(database);
    await database.close();
    const own = tables.filter(({ table }) => table.startsWith("public."));
    expect(own.map(({ table }) => table)).toEqual(
      [
        "import_errors",
        "imports",
        "kinds",
        "listing_personal",
        "listing_revisions",
        "listings",
        "ordinal_blocks",
      ].map((t) => `public.${t}`),
    );
    for (const { rows: count } of own) expect(count).toBeGreaterThan(0);
  });

  test("give out every ordinal once, whoever leases at once", async () => {
    const { migratorUrl, appUrl, backgroundUrl } = await urls;
    const directory = new URL("../migrations/", import.meta.url);
    const roles = { appRole: "mm_catalog_app", backgroundRole: "mm_catalog_background" };
    await migrate(migratorUrl, [eventMigrations, { namespace: "catalog", directory }], roles);
    const database = await openDatabase({ url: appUrl, backgroundUrl });
    const replicas = [ordinals(database), ordinals(database)];
    const taken = await Promise.all(
      Array.from({ length: 60 }, (_, at) => replicas[at % 2]?.take("berlin", "job", (at % 7) * 30 + 1) ?? []),
    );
    const numbers = taken
      .flat()
      .flatMap(({ from, count }) => Array.from({ length: count }, (_, i) => from + i));
    expect(new Set(numbers).size).toBe(numbers.length);
    const wanted = Array.from({ length: 60 }, (_, at) => (at % 7) * 30 + 1).reduce(
      (sum, count) => sum + count,
      0,
    );
    expect(numbers.length).toBe(wanted);
    const [row] = await database.background((tx) =>
      tx.execute<{ next: string }>(
        sql`select next from ordinal_blocks where market = 'berlin' and kind = 'job'`,
      ),
    );
    expect(Number(row?.next)).toBeGreaterThan(Math.max(...numbers));
    await database.close();
  });
});
