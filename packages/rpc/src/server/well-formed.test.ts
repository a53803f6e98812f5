import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { AdvanceClockRequestSchema, PlanSchema } from "@marketmesh/contracts/allocation/v1";
import { CreateListingRequestSchema, ListingSchema } from "@marketmesh/contracts/catalog/v1";
import { CheckEligibilityRequestSchema } from "@marketmesh/contracts/eligibility/v1";
import { GetEventCountsRequestSchema } from "@marketmesh/contracts/events/v1";
import { expect, test } from "vitest";
import { illFormedIn } from "./well-formed.ts";

function fieldIn<S extends DescMessage>(schema: S, message: MessageInitShape<S>): string | undefined {
  return illFormedIn(schema)?.(create(schema, message))?.field;
}

test.each([
  ["parent", { parent: "markets/a\u0000" }],
  ["listing.kind", { listing: { kind: "\u0000" } }],
  ["listing.audience_parties[1]", { listing: { audienceParties: ["a", "b\u0000"] } }],
  ["listing.groups", { listing: { groups: { "\u0000": "x" } } }],
  ['listing.groups["g"]', { listing: { groups: { g: "\u0000" } } }],
  ['listing.attributes["a"][1]["b"]', { listing: { attributes: { a: [1, { b: "\u0000" }] } } }],
  ["listing.attributes", { listing: { attributes: { "\u0000": 1 } } }],
  ['listing.attributes["n"]', { listing: { attributes: { n: Number.NaN } } }],
  ['listing.attributes["a"][0]', { listing: { attributes: { a: ["\ud83d", "b"] } } }],
  ["listing.attributes", { listing: { attributes: { "a\udc00": 1 } } }],
  ['listing.groups["g"]', { listing: { groups: { g: "\udc00\ud83d" } } }],
])("names %s, whose text or number nothing below can keep", (field, message) => {
  expect(fieldIn(CreateListingRequestSchema, message)).toBe(field);
});

test("looks into the member of a oneof that is set", () => {
  const subject = { case: "listing", value: "\u0000" } as const;
  expect(fieldIn(CheckEligibilityRequestSchema, { demand: { subject } })).toBe("demand.listing");
});

test.each([
  [{ seconds: 253_402_300_800n, nanos: 0 }],
  [{ seconds: -62_135_596_801n, nanos: 0 }],
  [{ seconds: 0n, nanos: -1 }],
  [{ seconds: 0n, nanos: 1_000_000_000 }],
  [{ seconds: 253_402_300_799n, nanos: 999_999_999 }],
])("finds a time beyond RFC 3339: %o", (time) => {
  expect(fieldIn(AdvanceClockRequestSchema, { time })).toBe("time");
});

test("finds a duration with two signs, and one of more than 10,000 years", () => {
  expect(fieldIn(PlanSchema, { acceptanceWindow: { seconds: 1n, nanos: -1 } })).toBe("acceptance_window");
  expect(fieldIn(PlanSchema, { acceptanceWindow: { seconds: 315_576_000_001n } })).toBe("acceptance_window");
});

test("finds nothing in what is well formed, and needs no check for a type without text", () => {
  const attributes = { a: null, b: [true, "x\u{1f600}"], c: { d: -0.5 } };
  const time = { seconds: 253_402_300_799n, nanos: 999_000_000 };
  expect(
    fieldIn(ListingSchema, { name: "x", attributes, groups: { a: "b" }, createTime: time }),
  ).toBeUndefined();
  expect(fieldIn(PlanSchema, { acceptanceWindow: { seconds: -1n, nanos: -1 } })).toBeUndefined();
  expect(illFormedIn(GetEventCountsRequestSchema)).toBeUndefined();
});
