import { marketName, type Place, parsePrincipal, partyName, roleName } from "./names.ts";
import { accept, type Decision, type Problem, refuse } from "./problem.ts";
import { type Role, roleOf } from "./roles.ts";

export interface Grant {
  readonly place: Place;
  readonly id: string;
  /** A full name. */
  readonly principal: string;
  /** The role's id. */
  readonly role: string;
  /** The party's id; empty unless the role is of party reach. */
  readonly party: string;
  readonly createTime: Date;
}

/** Whether the permissions include each of the wanted, wildcards included. */
export type Holds = (wanted: string) => boolean;

/** Judges a grant before it is looked up whether principal and party exist. */
export function judgeGrant(grant: Grant, callerHolds: Holds): Decision<Role> {
  const role = roleOf(grant.role);
  if (!role)
    return refuse("ROLE_NOT_FOUND", `there is no role ${grant.role}`, { role: roleName(grant.role) });
  return misplaced(grant, role) ?? foreign(grant) ?? exceeds(role, callerHolds) ?? accept(role);
}

function misplaced(grant: Grant, role: Role): Problem | undefined {
  const fits =
    (role.reach === "PLATFORM") === (grant.place === "") && (role.reach === "PARTY") === (grant.party !== "");
  if (fits) return undefined;
  const where = {
    PLATFORM: "on the platform",
    MARKET: "in a market, without a party",
    PARTY: "in a market, with a party",
  };
  const message = `role ${role.id} is granted ${where[role.reach]}`;
  return refuse("ROLE_NOT_GRANTABLE", message, { role: roleName(role.id), reach: role.reach }, "grant.role");
}

// Principals of a market stay in it; those of the platform may work in any market.
function foreign(grant: Grant): Problem | undefined {
  const principal = parsePrincipal(grant.principal);
  if (principal && (principal.place === "" || principal.place === grant.place)) return undefined;
  return principalInvalid(grant.principal, "grant.principal");
}

export function principalInvalid(principal: string, field: string): Problem {
  const message = `${field}: ${JSON.stringify(principal.slice(0, 120))} is no principal that can be named here`;
  return refuse("PRINCIPAL_INVALID", message, { field, principal: principal.slice(0, 120) }, field);
}

/** Nobody hands out what they don't hold, or they would promote themselves. */
export function exceeds(role: Role, callerHolds: Holds): Problem | undefined {
  if (role.permissions.every(callerHolds)) return undefined;
  return refuse("ROLE_EXCEEDS_CALLER", `the caller does not hold all of role ${role.id}`, {
    role: roleName(role.id),
  });
}

/** What a credential is exchanged for. */
export interface Wanted {
  readonly principal: string;
  readonly place: Place;
  /** The party's id, or empty. */
  readonly party: string;
  readonly audience: string;
}

/** What a token will say. */
export interface Rights {
  readonly reach: Role["reach"];
  /** The market's id; empty for platform reach. */
  readonly market: string;
  /** The party's id; empty unless of party reach. */
  readonly party: string;
  /** Sorted, each once. */
  readonly permissions: readonly string[];
}

export const meshAudience = "marketmesh";

/**
 * The rights that a principal's grants in one place give. Roles of wide reach and roles for a party are never mixed in one
 * token: a token for a party must not see more than the party.
 */
export function rightsOf(grants: readonly Pick<Grant, "role" | "party">[], wanted: Wanted): Decision<Rights> {
  const wide = grants.filter((grant) => grant.party === "");
  const parties = new Set(grants.flatMap((grant) => (grant.party === "" ? [] : [grant.party])));
  const named = wanted.party !== "" ? wanted.party : wide.length > 0 ? "" : [...parties][0];
  const chosen = named === "" ? wide : grants.filter((grant) => grant.party === named);
  const found = chosen.flatMap((grant) => roleOf(grant.role) ?? []);
  if (named === undefined || found.length === 0) return noGrant(wanted);
  if (wanted.party === "" && named !== "" && parties.size > 1) return severalParties(wanted);
  if (wanted.audience !== meshAudience && !found.some((role) => role.id === "service")) {
    const message = "only principals with role service obtain tokens for one service";
    return refuse("AUDIENCE_NOT_ALLOWED", message, { audience: wanted.audience }, "audience");
  }
  const permissions = [...new Set(found.flatMap((role) => role.permissions))].sort();
  const reach = wanted.place === "" ? "PLATFORM" : named === "" ? "MARKET" : "PARTY";
  return accept({ reach, market: wanted.place, party: named, permissions });
}

function noGrant(wanted: Wanted): Problem {
  const where =
    wanted.party !== ""
      ? partyName(wanted.place, wanted.party)
      : wanted.place === ""
        ? "the platform"
        : marketName(wanted.place);
  const metadata = { principal: wanted.principal, market: wanted.place };
  return refuse("NO_GRANT", `${wanted.principal} holds no role in ${where}`, metadata);
}

function severalParties(wanted: Wanted): Problem {
  const metadata = { principal: wanted.principal, market: wanted.place };
  return refuse(
    "PARTY_REQUIRED",
    `${wanted.principal} acts for several parties: name one`,
    metadata,
    "party",
  );
}

/** The rights of a caller in place of a party: those of role `party` that the caller holds too. */
export function rightsInPlaceOf(market: string, party: string, callerHolds: Holds): Rights {
  const permissions = (roleOf("party")?.permissions ?? []).filter(callerHolds);
  return { reach: "PARTY", market, party, permissions };
}
