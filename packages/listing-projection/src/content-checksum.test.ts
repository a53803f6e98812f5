import type { ListingRow } from "@marketmesh/listing-index";
import { expect, test } from "vitest";
import { ContentChecksum } from "./content-checksum.ts";

const names = ["city", "skills", "rate", "remote"];
const row = (over: Partial<ListingRow> = {}): ListingRow => ({
  ...{ ordinal: 3, id: "ann", version: 2, active: true, owner: "ann", audience: "PARTIES" },
  audienceParties: ["bob", "cid"],
  attributes: { city: "Bonn", skills: ["go", "sql"], rate: 40, remote: true },
  ...over,
});

function sumOf(...rows: readonly ListingRow[]): string {
  const sum = new ContentChecksum(names);
  for (const each of rows) sum.put(each);
  return sum.toString();
}

test("does not depend on the order of listings, of attributes or of parties, nor on what was held before", () => {
  const bob = row({ ordinal: 900, id: "bob", version: 1 });
  const other = row({ audienceParties: ["cid", "bob"] });
  expect(sumOf(row(), bob)).toBe(sumOf(bob, other));
  expect(sumOf(row({ version: 1, attributes: {} }), bob, row())).toBe(sumOf(row(), bob));
  const turned = new ContentChecksum([...names, "added later"].reverse());
  turned.put(row({ attributes: { remote: true, rate: 40, skills: ["go", "sql"], city: "Bonn" } }));
  expect(turned.toString()).toBe(sumOf(row()));
});

test.each<[string, Partial<ListingRow>]>([
  ["id", { id: "bob" }],
  ["version", { version: 3 }],
  ["ordinal", { ordinal: 4 }],
  ["state", { active: false }],
  ["owner", { owner: "" }],
  ["audience", { audience: "PUBLIC" }],
  ["parties", { audienceParties: ["bob"] }],
  ["text", { attributes: { ...row().attributes, city: "Bonm" } }],
  ["number", { attributes: { ...row().attributes, rate: 40.000000001 } }],
  ["boolean", { attributes: { ...row().attributes, remote: false } }],
  ["list", { attributes: { ...row().attributes, skills: ["gos", "ql"] } }],
  ["missing attribute", { attributes: { city: "Bonn" } }],
])("shows another %s", (_, over) => {
  expect(sumOf(row(over))).not.toBe(sumOf(row()));
});

test("shows a listing that is missing", () => {
  expect(sumOf(row())).not.toBe(sumOf());
  expect(sumOf()).toBe("0000000000000000");
});
