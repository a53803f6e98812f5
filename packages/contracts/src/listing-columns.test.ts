import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ListingBlockSchema } from "./gen/marketmesh/catalog/v1/export_pb.ts";
import { Listing_Audience, Listing_State } from "./gen/marketmesh/catalog/v1/listing_pb.ts";
import { decodeListingBlock, encodeListingBlock, type ListingColumnsRow } from "./listing-columns.ts";

const kind = "markets/berlin/kinds/candidate";

function row(over: Partial<ListingColumnsRow> = {}): ListingColumnsRow {
  return {
    ordinal: 0,
    id: "a",
    version: 1,
    state: Listing_State.ACTIVE,
    owner: "",
    audience: Listing_Audience.PUBLIC,
    audienceParties: [],
    capacityUnits: 1,
    exclusiveGroup: "",
    groups: {},
    attributes: {},
    ...over,
  };
}

function roundTrip(rows: readonly ListingColumnsRow[]): ListingColumnsRow[] {
  const bytes = toBinary(ListingBlockSchema, encodeListingBlock(kind, 1n, rows));
  return [...decodeListingBlock(fromBinary(ListingBlockSchema, bytes))];
}

const rowArbitrary = fc.record({
  id: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,20}$/),
  version: fc.integer({ min: 1, max: 2 ** 50 }),
  state: fc.constantFrom(Listing_State.DRAFT, Listing_State.ACTIVE, Listing_State.CLOSED),
  owner: fc.constantFrom("", "p1", "p2"),
  audience: fc.constantFrom(Listing_Audience.PUBLIC, Listing_Audience.PARTIES),
  audienceParties: fc.array(fc.constantFrom("p1", "p2", "p3"), { maxLength: 3 }),
  capacityUnits: fc.integer({ min: -1, max: 1_000_000_000 }),
  exclusiveGroup: fc.constantFrom("", "sector"),
  groups: fc.record({ sector: fc.constantFrom("health", "energy") }, { requiredKeys: [] }),
  attributes: fc.record(
    {
      title: fc.string(),
      pay: fc.double({ noNaN: true }),
      remote: fc.boolean(),
      skills: fc.array(fc.string(), { maxLength: 4 }),
      sizes: fc.array(fc.double({ noNaN: true }), { maxLength: 4 }),
    },
    { requiredKeys: [] },
  ),
});

test("what is packed comes back equal", () => {
  const rows = fc.array(rowArbitrary, { maxLength: 20 });
  fc.assert(
    fc.property(rows, (given) => {
      const numbered = given.map((one, ordinal) => ({ ...one, ordinal: ordinal * 3 }));
      expect(roundTrip(numbered)).toEqual(numbered.map((one) => ({ ...one })));
    }),
  );
});

test("an attribute of some listings only stays absent for the others", () => {
  const rows = [row(), row({ ordinal: 1, attributes: { pay: 7 } }), row({ ordinal: 9 })];
  expect(roundTrip(rows).map(({ attributes }) => attributes)).toEqual([{}, { pay: 7 }, {}]);
});

test("an empty list stands in a column of either list type", () => {
  const lists = [[], ["sql"], []];
  const rows = lists.map((skills, ordinal) => row({ ordinal, attributes: { skills } }));
  expect(roundTrip(rows).map(({ attributes }) => attributes.skills)).toEqual(lists);
});

test("each distinct string is carried once", () => {
  const rows = Array.from({ length: 100 }, (_, ordinal) =>
    row({ ordinal, attributes: { skills: ["sql", "go"] } }),
  );
  const column = encodeListingBlock(kind, 1n, rows).attributes[0]?.values;
  expect(column?.case === "stringLists" && column.value.dictionary).toEqual(["sql", "go"]);
});

test.each([
  ["two types", [row({ attributes: { a: 1 } }), row({ ordinal: 1, attributes: { a: "1" } })]],
  ["a list and a scalar", [row({ attributes: { a: [] } }), row({ ordinal: 1, attributes: { a: "1" } })]],
  ["descending ordinals", [row({ ordinal: 2 }), row({ ordinal: 1 })]],
  ["the same ordinal twice", [row(), row()]],
  ["1,001 listings", Array.from({ length: 1_001 }, (_, ordinal) => row({ ordinal }))],
])("refuses a block with %s", (_, rows) => {
  expect(() => encodeListingBlock(kind, 1n, rows)).toThrow(RangeError);
});

test("a block that was cut short is refused, not read as something else", () => {
  const rows = [row({ attributes: { skills: ["a"] } }), row({ ordinal: 1, attributes: { skills: ["b"] } })];
  const lost = encodeListingBlock(kind, 1n, rows);
  lost.ids.pop();
  expect(() => [...decodeListingBlock(lost)]).toThrow(RangeError);
  const codes = encodeListingBlock(kind, 1n, rows);
  if (codes.attributes[0]?.values.case === "stringLists") codes.attributes[0].values.value.codes.pop();
  expect(() => [...decodeListingBlock(codes)]).toThrow(RangeError);
});
