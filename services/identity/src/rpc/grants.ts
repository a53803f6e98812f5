import type { ServiceImpl } from "@connectrpc/connect";
import { GrantCreatedSchema, GrantDeletedSchema, IdentityService } from "@marketmesh/contracts/identity/v1";
import { type Announcement, fact } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, holds, idAfter, invalidField, listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { type Grant, judgeGrant } from "../domain/grant.ts";
import { collections, nameIn, type Place, parsePrincipal, roleName } from "../domain/names.ts";
import { mustBeActive, partyMissing } from "../domain/party.ts";
import { type Problem, refuse } from "../domain/problem.ts";
import { roles } from "../domain/roles.ts";
import type { Shell } from "../shell.ts";
import {
  deleteGrant,
  deleteGrantsOfParty,
  findGrant,
  insertGrant,
  listGrants,
} from "../storage/grant-store.ts";
import { lockParty } from "../storage/party-store.ts";
import { findServiceAccount } from "../storage/service-account-store.ts";
import { mustExist } from "./markets.ts";
import { grantMessage, roleMessage } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { found, must, toConnectError } from "./problem.ts";
import { partyOf, placedOf, placeOf } from "./request-names.ts";
import { accountMissing } from "./service-accounts.ts";

const methods = IdentityService.method;
type Methods = Pick<
  ServiceImpl<typeof IdentityService>,
  "listRoles" | "createGrant" | "getGrant" | "listGrants" | "deleteGrant"
>;

export function grants(shell: Shell): Methods {
  return {
    listRoles: () => ({ roles: roles.map(roleMessage) }),

    createGrant: (request, context) => {
      const place = placeOf(request.parent);
      const grant: Grant = {
        place,
        id: request.grantId === "" ? shell.uuid() : request.grantId,
        principal: request.grant?.principal ?? "",
        role: roleIdOf(request.grant?.role ?? ""),
        party: partyIdOf(place, request.grant?.party ?? "", "grant.party"),
        createTime: shell.now(),
      };
      return mutate(shell, context, { method: methods.createGrant, place, request }, async (tx, caller) => {
        must(judgeGrant(grant, (wanted) => holds(caller.permissions, wanted)));
        await mustExist(tx, place);
        await principalMustExist(tx, grant, caller);
        if (grant.party !== "") await partyMustBeActive(tx, grant, caller);
        if (!(await insertGrant(tx, grant))) throw toConnectError(taken(grant));
        return { response: { grant: grantMessage(grant) }, act: actOf(grant), facts: [grantCreated(grant)] };
      });
    },

    getGrant: (request, context) => {
      const { place, id } = placedOf(collections.grant, request.name);
      return read(shell, context, place, async (tx, caller) => {
        const grant = found(await findGrant(tx, place, id), caller, missing(place, id));
        return { grant: grantMessage(grant) };
      });
    },

    listGrants: async (request, context) => {
      const place = placeOf(request.parent);
      const filter = { principal: request.principal, party: partyIdOf(place, request.party, "party") };
      const { rows, nextPageToken } = await read(shell, context, place, (tx) =>
        listPage(
          request,
          ["grants", place, filter],
          ({ after, limit }) => listGrants(tx, place, filter, { afterId: idAfter(after), limit }),
          (grant) => [grant.id],
        ),
      );
      return { grants: rows.map(grantMessage), nextPageToken };
    },

    deleteGrant: (request, context) => {
      const { place, id } = placedOf(collections.grant, request.name);
      return mutate(shell, context, { method: methods.deleteGrant, place, request }, async (tx, caller) => {
        const grant = found(await deleteGrant(tx, place, id), caller, missing(place, id));
        return { response: {}, act: actOf(grant), facts: [grantDeleted(grant)] };
      });
    },
  };
}

// Users are known from their first sign-in on, not before; programs must exist to be given a role.
async function principalMustExist(tx: Tx, grant: Grant, caller: Caller): Promise<void> {
  const principal = parsePrincipal(grant.principal);
  // A market's staff can't look accounts of the platform up, and a role for one that does not exist gives nobody anything.
  if (principal?.kind !== "serviceAccount" || principal.place !== grant.place) return;
  found(
    await findServiceAccount(tx, principal.place, principal.id),
    caller,
    accountMissing(principal.place, principal.id),
  );
}

// Locked, so that an erasure that runs now sees the grant or is seen.
async function partyMustBeActive(tx: Tx, grant: Grant, caller: Caller): Promise<void> {
  const party = await lockParty(tx, grant.place, grant.party);
  must(mustBeActive(found(party, caller, partyMissing(grant.place, grant.party))));
}

function roleIdOf(name: string): string {
  return name.startsWith("roles/") ? name.slice("roles/".length) : name;
}

function partyIdOf(place: Place, name: string, field: string): string {
  if (name === "") return "";
  const ids = partyOf(name, field);
  if (ids.market !== place) throw invalidField(field, `${field} must be a party of the same market`);
  return ids.party;
}

function actOf(grant: Grant) {
  const details = { principal: grant.principal, role: roleName(grant.role), party: grant.party };
  return { resource: nameIn(grant.place, collections.grant, grant.id), details };
}

export function grantCreated(grant: Grant): Announcement {
  return factOf(grant, 1n, fact(GrantCreatedSchema, { grant: grantMessage(grant) }));
}

/** Deletes the grants of a party that is being erased. */
export async function takeGrantsAway(tx: Tx, market: string, party: string): Promise<Announcement[]> {
  const facts: Announcement[] = [];
  for (;;) {
    const gone = await deleteGrantsOfParty(tx, market, party);
    if (gone.length === 0) return facts;
    facts.push(...gone.map(grantDeleted));
  }
}

export function grantDeleted(grant: Grant): Announcement {
  return factOf(grant, 2n, fact(GrantDeletedSchema, { grant: grantMessage(grant) }));
}

function factOf(grant: Grant, version: bigint, packed: Announcement["fact"]): Announcement {
  return { market: grant.place, feed: "grant", aggregateId: grant.id, version, fact: packed };
}

function missing(place: Place, id: string): Problem {
  const name = nameIn(place, collections.grant, id);
  return refuse("GRANT_NOT_FOUND", `there is no grant ${name}`, { grant: name });
}

function taken(grant: Grant): Problem {
  const name = nameIn(grant.place, collections.grant, grant.id);
  const message = `grant ${name} exists, or ${grant.principal} holds role ${grant.role} already`;
  return refuse("GRANT_ALREADY_EXISTS", message, { grant: name });
}
