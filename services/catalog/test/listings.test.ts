import { Listing_Audience, Listing_State, Side } from "@marketmesh/contracts/catalog/v1";
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
