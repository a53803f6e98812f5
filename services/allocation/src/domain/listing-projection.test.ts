import { expect, test } from "vitest";
import { levelOf } from "../testing/levels.ts";
import { type ListingFact, projectListing } from "./listing-projection.ts";

const now = new Date(1);

function factOf(exclusiveGroup: string): ListingFact {
  const { held: _, allocated: __, ...level } = levelOf({ listingId: "s", catalogUnits: 5 });
  return { ...level, units: 5, exclusiveGroup, listingVersion: 2 };
}

test.each([
  ["held", { held: 1 }],
  ["allocated", { allocated: 1 }],
])("while units are %s the supply keeps the group under which they were claimed", (_, claims) => {
  for (const [before, after] of [
    ["", "sector"],
    ["sector", ""],
    ["sector", "region"],
  ] as const) {
    const level = levelOf({ listingId: "s", catalogUnits: 5, exclusiveGroup: before, ...claims });
    expect(projectListing(level, factOf(after), now)?.level.exclusiveGroup).toBe(before);
  }
});

test("the group of a supply without claims changes with its listing", () => {
  const level = levelOf({ listingId: "s", catalogUnits: 5, exclusiveGroup: "sector" });
  expect(projectListing(level, factOf("region"), now)?.level.exclusiveGroup).toBe("region");
});
