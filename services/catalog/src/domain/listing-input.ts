import type { Audience, Capacity } from "./listing.ts";
import { ok, type Result, refused } from "./problem.ts";

const unitsMax = 1_000_000_000;
const audiencePartiesMax = 100;
const groupPattern = /^[a-z][a-z0-9_]{0,62}$/;

/** A capacity as a caller gives it; absent means one unit. */
export interface CapacityInput {
  readonly units: bigint;
  readonly unlimited: boolean;
  readonly exclusiveGroup: string;
}

export function parseCapacity(given: CapacityInput | undefined): Result<Capacity, "CAPACITY_INVALID"> {
  if (given === undefined) return ok({ units: 1, exclusiveGroup: "" });
  const { units, unlimited, exclusiveGroup } = given;
  if (exclusiveGroup !== "" && !groupPattern.test(exclusiveGroup)) {
    return invalid(
      "CAPACITY_INVALID",
      "capacity.exclusive_group",
      `A group's name matches ${groupPattern.source}.`,
    );
  }
  if (unlimited) return ok({ units: -1, exclusiveGroup });
  if (units < 0n || units > BigInt(unitsMax)) {
    return invalid("CAPACITY_INVALID", "capacity.units", `Units are from 0 to ${unitsMax}.`);
  }
  return ok({ units: Number(units), exclusiveGroup });
}

/** Who may see a listing, normalised: party ids sorted and distinct. Parties are named exactly with PARTIES. */
export function parseAudience(
  audience: Audience,
  partyIds: readonly string[],
): Result<{ readonly audience: Audience; readonly audienceParties: readonly string[] }, "AUDIENCE_INVALID"> {
  if (partyIds.length > audiencePartiesMax) {
    return invalid(
      "AUDIENCE_INVALID",
      "audience_parties",
      `At most ${audiencePartiesMax} parties are named.`,
    );
  }
  if (audience !== "PARTIES" && partyIds.length > 0) {
    return invalid(
      "AUDIENCE_INVALID",
      "audience_parties",
      "Parties are named only when the audience is PARTIES.",
    );
  }
  return ok({ audience, audienceParties: [...new Set(partyIds)].sort() });
}

function invalid<Reason extends "CAPACITY_INVALID" | "AUDIENCE_INVALID">(
  reason: Reason,
  field: string,
  message: string,
) {
  return refused(reason, message, { field, metadata: { field } });
}
