import { create, toBinary } from "@bufbuild/protobuf";
import {
  AllocationCommittedSchema,
  CapacityChangedSchema,
  HoldConfirmedSchema,
  HoldCreatedSchema,
  HoldExpiredSchema,
  HoldReleasedSchema,
  HoldRenewedSchema,
  ListAllocationsResponseSchema,
  ListCapacityLevelsResponseSchema,
  ListHoldsResponseSchema,
  ListOffersResponseSchema,
  OfferAcceptedSchema,
  OfferDeclinedSchema,
  OfferExpiredSchema,
  OfferMadeSchema,
  OfferRescindedSchema,
} from "@marketmesh/contracts/allocation/v1";
import { expect, test } from "vitest";
import { encodeEach } from "./encode-each.ts";

const long = "ü".repeat(300);
const items = [{ name: "markets/m/x/1", etag: '"1"' }, {}, { name: long, version: 2n ** 60n }];

test("a fact is written in a list as it is by itself", () => {
  const holds = encodeEach(ListHoldsResponseSchema, { holds: items });
  for (const schema of [
    HoldCreatedSchema,
    HoldRenewedSchema,
    HoldConfirmedSchema,
    HoldReleasedSchema,
    HoldExpiredSchema,
  ])
    expect(holds).toEqual(items.map((hold) => toBinary(schema, create(schema, { hold }))));
  const offers = encodeEach(ListOffersResponseSchema, { offers: items });
  for (const schema of [
    OfferMadeSchema,
    OfferAcceptedSchema,
    OfferDeclinedSchema,
    OfferExpiredSchema,
    OfferRescindedSchema,
  ])
    expect(offers).toEqual(items.map((offer) => toBinary(schema, create(schema, { offer }))));
  const allocations = [{ name: long, units: 3n }, {}];
  expect(encodeEach(ListAllocationsResponseSchema, { allocations })).toEqual(
    allocations.map((allocation) =>
      toBinary(AllocationCommittedSchema, create(AllocationCommittedSchema, { allocation })),
    ),
  );
  expect(encodeEach(ListCapacityLevelsResponseSchema, { capacityLevels: items })).toEqual(
    items.map((capacityLevel) =>
      toBinary(CapacityChangedSchema, create(CapacityChangedSchema, { capacityLevel })),
    ),
  );
});

test("a list with anything beside is refused", () => {
  expect(() => encodeEach(ListHoldsResponseSchema, { holds: items, nextPageToken: "more" })).toThrow(
    "more than its field 1",
  );
  expect(encodeEach(ListHoldsResponseSchema, {})).toEqual([]);
});
