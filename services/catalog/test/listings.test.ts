import type { ConnectError } from "@connectrpc/connect";
import { Listing_Audience, Listing_State, Side } from "@marketmesh/contracts/catalog/v1";
import { BadRequestSchema } from "@marketmesh/contracts/google/rpc";
import { infoOf } from "@marketmesh/rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CatalogClient, type RunningCatalog, refusalOf, startCatalog } from "./start-catalog.ts";

let catalog: RunningCatalog;
let staff: CatalogClient;
let acme: CatalogClient;
let bolt: CatalogClient;

const parent = "markets/berlin";
const kind = `${parent}/kinds/dataset`;
const nameOf = (id: string) => `${parent}/listings/${id}`;
const party = (id: string) => `${parent}/parties/${id}`;

const schema = {
  type: "object",
  required: ["title"],
  additionalProperties: false,
  properties: {
    title: { type: "string", maxLength: 100 },
    price: { type: "number", minimum: 0 },
    tags: { type: "array", maxItems: 10, items: { type: "string", pattern: "^[a-z]+$" } },
    sector: { type: "string" },
    since: { type: "string", format: "date" },
    contact: { type: "string", "x-personal": true },
  },
};

beforeAll(async () => {
  catalog = await startCatalog();
  [staff, acme, bolt] = await Promise.all([
    catalog.staff("berlin"),
    catalog.party("berlin", "acme"),
    catalog.party("berlin", "bolt"),
  ]);
  await staff.createKind({
    parent,
    kindId: "dataset",
    kind: {
      side: Side.SUPPLY,
      schema,
      derivedAttributes: [
        { attribute: "cheap", expression: "listing.price < 10.0" },
        { attribute: "reachable", expression: "has(listing.contact)" },
      ],
      groups: [{ group: "sector", attribute: "sector" }],
    },
  });
});
afterAll(() => catalog?.[Symbol.asyncDispose]());

const make = (client: CatalogClient, listingId: string, over: object = {}) =>
  client.createListing({ parent, listingId, listing: { kind, attributes: { title: "A" }, ...over } });

describe("a new listing", () => {
  test("is a draft with derived attributes, groups and a number", async () => {
    const { listing } = await make(staff, "first", {
      attributes: { title: "A", price: 3, sector: "health" },
    });
    expect(listing).toMatchObject({
      name: nameOf("first"),
      kind,
      state: Listing_State.DRAFT,
      audience: Listing_Audience.PUBLIC,
      capacity: { units: 1n, unlimited: false },
      attributes: { title: "A", price: 3, sector: "health", cheap: true, reachable: false },
      groups: { sector: "health" },
      version: 1n,
      ordinalEpoch: 1n,
      kindVersion: 1n,
    });
    expect(listing?.publishTime).toBeUndefined();
    expect(listing?.revision).not.toBe("");
    expect((await staff.getListing({ name: nameOf("first") })).listing).toEqual(listing);
  });
});

describe("a caller's mistakes", () => {
  const bad = (attributes: object) => refusalOf(make(staff, "bad", { attributes }));

  test.each<[string, object, string]>([
    ["an absent required attribute", {}, "listing.attributes.title"],
    ["a number below its minimum", { title: "A", price: -1 }, "listing.attributes.price"],
    ["an undeclared attribute", { title: "A", colour: "red" }, "listing.attributes.colour"],
    ["a text that breaks its pattern", { title: "A", tags: ["ok", "Not ok"] }, "listing.attributes.tags[1]"],
    ["a null", { title: null }, "listing.attributes.title"],
    ["a day that does not exist", { title: "A", since: "2026-13-40" }, "listing.attributes.since"],
    ["a nested object", { title: { a: { b: 1 } } }, "listing.attributes.title"],
  ])("%s is named by its path", async (_, attributes, field) => {
    const error = await make(staff, "bad", { attributes }).catch((cause: ConnectError) => cause);
    expect(infoOf(error)).toMatchObject({ reason: "ATTRIBUTE_INVALID", metadata: { field } });
    expect((error as ConnectError).findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe(field);
  });

  test("attributes are bounded by 64 KiB, and the largest is named", async () => {
    expect(await bad({ title: "A", sector: "x".repeat(70_000) })).toBe(
      "INVALID_ARGUMENT ATTRIBUTES_TOO_LARGE",
    );
    expect(await bad({ title: "A", sector: "x".repeat(10_000_000) })).toBe(
      "RESOURCE_EXHAUSTED REQUEST_TOO_LARGE",
    );
  });

  test("attributes that nest without end are refused before they are looked at", async () => {
    let deep: object = {};
    for (let level = 0; level < 90; level += 1) deep = { a: deep };
    expect(await bad({ title: "A", deep })).toMatch(/^INVALID_ARGUMENT/);
  });

  test.each([
    [{ units: -1n }, "INVALID_ARGUMENT CAPACITY_INVALID"],
    [{ units: 1_000_000_001n }, "INVALID_ARGUMENT CAPACITY_INVALID"],
    [{ units: 1n, exclusiveGroup: "No Group" }, "INVALID_ARGUMENT CAPACITY_INVALID"],
  ])("capacity %o is refused", async (capacity, refusal) => {
    expect(await refusalOf(make(staff, "bad", { capacity }))).toBe(refusal);
  });

  test.each([
    [{ audience: Listing_Audience.PUBLIC, audienceParties: [party("acme")] }],
    [{ audience: Listing_Audience.PARTIES, audienceParties: ["markets/oslo/parties/acme"] }],
    [
      {
        audience: Listing_Audience.PARTIES,
        audienceParties: Array.from({ length: 101 }, (_, i) => party(`p${i}`)),
      },
    ],
  ])("audience %# is refused", async (over) => {
    expect(await refusalOf(make(staff, "bad", over))).toMatch(
      /^INVALID_ARGUMENT (AUDIENCE_INVALID|VALIDATION_FAILED)/,
    );
  });

  test("names of other things are refused", async () => {
    expect(await refusalOf(make(staff, "bad", { kind: `${parent}/kinds/none` }))).toBe(
      "NOT_FOUND KIND_NOT_FOUND",
    );
    expect(await refusalOf(make(staff, "bad", { kind: "dataset" }))).toBe("INVALID_ARGUMENT NAME_INVALID");
    expect(await refusalOf(make(staff, "no slash/"))).toMatch(/^INVALID_ARGUMENT/);
    expect(await refusalOf(staff.getListing({ name: nameOf("none") }))).toBe("NOT_FOUND LISTING_NOT_FOUND");
    expect(await refusalOf(staff.getListing({ name: "markets/oslo/listings/a" }))).toBe(
      "PERMISSION_DENIED MARKET_MISMATCH",
    );
  });

  test("an id is given once", async () => {
    await make(staff, "once");
    expect(await refusalOf(make(staff, "once"))).toBe("ALREADY_EXISTS LISTING_ALREADY_EXISTS");
    // A party that can't see the listing does not learn that it exists, as long as it was never published.
    const stranger = await catalog.party("berlin", "stranger");
    expect(await refusalOf(make(stranger, "once"))).toBe("PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE");
    await staff.publishListing({ name: nameOf("once") });
    expect(await refusalOf(make(stranger, "once"))).toBe("ALREADY_EXISTS LISTING_ALREADY_EXISTS");
  });
});

describe("a repeated request", () => {
  test("gets the first answer again, and another body is refused", async () => {
    const requestId = "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d";
    const request = { parent, listingId: "again", listing: { kind, attributes: { title: "A" } }, requestId };
    const first = await staff.createListing(request);
    expect(await staff.createListing(request)).toEqual(first);
    expect(await refusalOf(staff.createListing({ ...request, listingId: "other" }))).toBe(
      "INVALID_ARGUMENT REQUEST_ID_REUSED",
    );
  });
});

describe("the life of a listing", () => {
  test("leads from draft to active, paused, active and closed", async () => {
    const name = nameOf("life");
    await make(staff, "life");
    const states: (Listing_State | undefined)[] = [];
    for (const verb of [
      "publishListing",
      "pauseListing",
      "publishListing",
      "closeListing",
      "closeListing",
    ] as const) {
      states.push((await staff[verb]({ name })).listing?.state);
    }
    const { ACTIVE, PAUSED, CLOSED } = Listing_State;
    expect(states).toEqual([ACTIVE, PAUSED, ACTIVE, CLOSED, CLOSED]);
    const { listing } = await staff.getListing({ name });
    expect(listing?.version).toBe(5n);
    expect(await refusalOf(staff.publishListing({ name }))).toBe("FAILED_PRECONDITION LISTING_STATE_INVALID");
    const update = staff.updateListing({ listing: { name, attributes: { title: "B" } } });
    expect(await refusalOf(update)).toBe("FAILED_PRECONDITION LISTING_CLOSED");
  });

  test("an etag that was read before a change is stale", async () => {
    const { listing } = await make(staff, "stale");
    await staff.publishListing({ name: nameOf("stale"), etag: listing?.etag ?? "" });
    const name = nameOf("stale");
    const etag = listing?.etag ?? "";
    const outcomes = await Promise.all([
      refusalOf(staff.pauseListing({ name, etag })),
      refusalOf(staff.updateListing({ listing: { name, etag, attributes: { title: "B" } } })),
      refusalOf(staff.closeListing({ name, etag: "nonsense" })),
    ]);
    expect(outcomes).toEqual(Array(3).fill("ABORTED ETAG_MISMATCH"));
  });

  test("of two writers with the same etag one wins", async () => {
    const { listing } = await make(staff, "race");
    const writes = Array.from({ length: 8 }, (_, price) =>
      refusalOf(
        staff.updateListing({
          listing: { name: nameOf("race"), etag: listing?.etag ?? "", attributes: { title: "A", price } },
        }),
      ),
    );
    const outcomes = await Promise.all(writes);
    expect(outcomes.filter((outcome) => outcome === "was not refused")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "ABORTED ETAG_MISMATCH")).toHaveLength(7);
    expect((await staff.getListing({ name: nameOf("race") })).listing?.version).toBe(2n);
  });

  test("equal content changes nothing", async () => {
    const { listing } = await make(staff, "same", { attributes: { title: "A", price: 1 } });
    const { listing: after } = await staff.updateListing({
      listing: { name: nameOf("same"), attributes: { price: 1, title: "A" } },
      updateMask: { paths: ["attributes"] },
    });
    expect(after).toEqual(listing);
  });

  test("a mask changes what it names and nothing else", async () => {
    await make(staff, "mask", { attributes: { title: "A", price: 1, sector: "x" }, capacity: { units: 5n } });
    const update = (paths: string[], over: object) =>
      staff.updateListing({ listing: { name: nameOf("mask"), ...over }, updateMask: { paths } });
    const { listing } = await update(["attributes.price", "attributes.sector"], {
      attributes: { price: 20 },
    });
    expect(listing?.attributes).toEqual({ title: "A", price: 20, cheap: false, reachable: false });
    expect(listing?.groups).toEqual({});
    expect(listing?.capacity?.units).toBe(5n);
    const capacity = (await update(["capacity"], { capacity: { unlimited: true } })).listing?.capacity;
    expect(capacity).toMatchObject({ unlimited: true, units: 0n });
    for (const path of ["state", "owner", "attributes.", "kind"]) {
      expect(await refusalOf(update([path], {}))).toBe("INVALID_ARGUMENT UPDATE_MASK_INVALID");
    }
  });

  test("older versions stay readable", async () => {
    await make(staff, "old", { attributes: { title: "one" } });
    for (const title of ["two", "three"]) {
      await staff.updateListing({ listing: { name: nameOf("old"), attributes: { title } } });
    }
    const titles = await Promise.all(
      [1n, 2n, 3n, 0n].map(async (version) => {
        const { listing } = await staff.getListing({ name: nameOf("old"), version });
        return [listing?.version, listing?.attributes?.title];
      }),
    );
    expect(titles).toEqual([
      [1n, "one"],
      [2n, "two"],
      [3n, "three"],
      [3n, "three"],
    ]);
    expect(await refusalOf(staff.getListing({ name: nameOf("old"), version: 4n }))).toBe(
      "NOT_FOUND LISTING_VERSION_NOT_FOUND",
    );
  });
});

describe("reading many", () => {
  test("a batch answers in the order of the request and names what is missing", async () => {
    await Promise.all([make(staff, "many-a"), make(staff, "many-b")]);
    const names = ["many-b", "none", "many-a", "many-b"].map(nameOf);
    const { listings, missingNames } = await staff.batchGetListings({ parent, names });
    expect(listings.map(({ name }) => name)).toEqual([names[0], names[2], names[3]]);
    expect(missingNames).toEqual([nameOf("none")]);
  });

  test("501 names are refused", async () => {
    const names = Array.from({ length: 501 }, (_, at) => nameOf(`n${at}`));
    expect(await refusalOf(staff.batchGetListings({ parent, names }))).toBe(
      "INVALID_ARGUMENT VALIDATION_FAILED",
    );
  });

  test("pages hold every listing once, by id, and tokens are bound to their filter", async () => {
    const oslo = await catalog.staff("oslo");
    await oslo.createKind({ parent: "markets/oslo", kindId: "dataset", kind: { side: Side.SUPPLY, schema } });
    const ids = ["Z", "a", "b", "c", "d"];
    for (const listingId of ids) {
      const listing = { kind: "markets/oslo/kinds/dataset", attributes: { title: "A" } };
      await oslo.createListing({ parent: "markets/oslo", listingId, listing });
    }
    const found: string[] = [];
    let pageToken = "";
    do {
      const page = await oslo.listListings({ parent: "markets/oslo", pageSize: 2, pageToken });
      expect(page.listings.length).toBeLessThanOrEqual(2);
      found.push(...page.listings.map(({ name }) => name.slice(name.lastIndexOf("/") + 1)));
      pageToken = page.nextPageToken;
      if (pageToken !== "") {
        const other = oslo.listListings({ parent: "markets/oslo", pageToken, state: Listing_State.ACTIVE });
        expect(await refusalOf(other)).toBe("INVALID_ARGUMENT PAGE_TOKEN_INVALID");
      }
    } while (pageToken !== "");
    expect(found).toEqual(ids);
  });
});

describe("parties of one market", () => {
  const over = (audience: Listing_Audience, parties: string[] = []) => ({
    audience,
    audienceParties: parties.map(party),
  });
  const cases = {
    public: over(Listing_Audience.PUBLIC),
    bolts: over(Listing_Audience.PARTIES, ["bolt"]),
    private: over(Listing_Audience.PRIVATE),
    draft: over(Listing_Audience.PUBLIC),
  };

  beforeAll(async () => {
    for (const [id, extra] of Object.entries(cases)) {
      await make(acme, `acme-${id}`, extra);
      if (id !== "draft") await acme.publishListing({ name: nameOf(`acme-${id}`) });
    }
  });

  const seenBy = async (client: CatalogClient) => {
    const { listings } = await client.listListings({ parent, owner: party("acme") });
    return listings.map(({ name }) => name.slice(name.lastIndexOf("-") + 1));
  };

  test("an owner sees all of its own, others what its audience lets them", async () => {
    const dot = await catalog.party("berlin", "dot");
    expect(await seenBy(acme)).toEqual(["bolts", "draft", "private", "public"]);
    expect(await seenBy(bolt)).toEqual(["bolts", "public"]);
    expect(await seenBy(dot)).toEqual(["public"]);
    expect(await seenBy(staff)).toEqual(["bolts", "draft", "private", "public"]);
  });

  test("what is hidden can't be told from what is absent", async () => {
    const denied = "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE";
    for (const id of ["acme-private", "acme-draft", "absent"]) {
      const name = nameOf(id);
      const listing = { name, attributes: { title: "B" } };
      expect(await refusalOf(bolt.getListing({ name }))).toBe(denied);
      expect(await refusalOf(bolt.updateListing({ listing }))).toBe(denied);
      expect(await refusalOf(bolt.publishListing({ name }))).toBe(denied);
      const batch = await bolt.batchGetListings({ parent, names: [name] });
      expect(batch).toMatchObject({ listings: [], missingNames: [name] });
    }
  });

  test("seeing is not changing", async () => {
    const name = nameOf("acme-public");
    expect((await bolt.getListing({ name })).listing?.owner).toBe(party("acme"));
    expect(await refusalOf(bolt.closeListing({ name }))).toBe("PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE");
  });

  test("a version from before it was public stays hidden", async () => {
    const name = nameOf("acme-public");
    expect(await refusalOf(bolt.getListing({ name, version: 1n }))).toBe(
      "NOT_FOUND LISTING_VERSION_NOT_FOUND",
    );
    expect((await acme.getListing({ name, version: 1n })).listing?.state).toBe(Listing_State.DRAFT);
  });

  test("a draft that is closed was never anybody else's business", async () => {
    await make(acme, "acme2-closed");
    await acme.closeListing({ name: nameOf("acme2-closed") });
    expect(await refusalOf(bolt.getListing({ name: nameOf("acme2-closed") }))).toBe(
      "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE",
    );
  });

  test("a party creates for itself alone", async () => {
    expect(await refusalOf(make(bolt, "theirs", { owner: party("acme") }))).toBe(
      "PERMISSION_DENIED OWNER_NOT_ALLOWED",
    );
    expect((await make(bolt, "mine")).listing?.owner).toBe(party("bolt"));
  });

  test("an export holds what the caller may see, and all markets only for the mesh", async () => {
    const idsOf = async (client: CatalogClient, of = parent) => {
      const ids: string[] = [];
      for await (const { part } of client.exportListings({ parent: of })) {
        if (part.case === "block") ids.push(...part.value.ids);
      }
      return ids.filter((id) => id.startsWith("acme-")).sort();
    };
    expect(await idsOf(bolt)).toEqual(["acme-bolts", "acme-public"]);
    expect(await idsOf(acme)).toEqual(["acme-bolts", "acme-draft", "acme-private", "acme-public"]);
    expect(await idsOf(await catalog.as(), "markets/-")).toEqual(await idsOf(staff));
    expect(await refusalOf(idsOf(staff, "markets/-"))).toBe("PERMISSION_DENIED MARKET_MISMATCH");
    expect(await refusalOf(idsOf(bolt, "markets/-"))).toBe("PERMISSION_DENIED MARKET_MISMATCH");
  });

  test("a watch tells what the caller may see", async () => {
    const seen: Record<string, string[]> = { acme: [], bolt: [], staff: [] };
    const stop = new AbortController();
    const watching = await Promise.all(
      Object.entries({ acme, bolt, staff }).map(async ([who, client]) => {
        const changes = client.watchListings({ parent }, { signal: stop.signal })[Symbol.asyncIterator]();
        expect((await changes.next()).value).toMatchObject({ fact: "" });
        return { who, changes };
      }),
    );
    await make(acme, "watched-private", { audience: Listing_Audience.PRIVATE });
    await make(acme, "watched");
    await acme.publishListing({ name: nameOf("watched") });
    await make(staff, "watched-end", {});
    await staff.publishListing({ name: nameOf("watched-end") });
    for (const { who, changes } of watching) {
      while (!seen[who]?.includes("ListingPublished watched-end")) {
        const { value } = await changes.next();
        seen[who]?.push(`${value?.fact} ${value?.listing?.name.split("/").at(-1)}`);
        expect(value?.listing?.revision).not.toBe("");
      }
    }
    stop.abort();
    const end = "ListingPublished watched-end";
    const own = ["ListingCreated watched-private", "ListingCreated watched", "ListingPublished watched"];
    // Facts of different listings may change places; each watcher's end comes last here, because it was awaited.
    expect(seen.bolt?.sort()).toEqual([end, "ListingPublished watched"].sort());
    expect(seen.acme?.sort()).toEqual([...own, end].sort());
    expect(seen.staff?.sort()).toEqual([...own, "ListingCreated watched-end", end].sort());
  });
});
