import type { ServiceImpl } from "@connectrpc/connect";
import {
  IdentityService,
  PartyCreatedSchema,
  type PartyErasedSchema,
  PartyUpdatedSchema,
} from "@marketmesh/contracts/identity/v1";
import { type Announcement, fact } from "@marketmesh/events";
import { idAfter, listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { marketName, partyName } from "../domain/names.ts";
import { judgeBatch, newParty, partyMissing, rename } from "../domain/party.ts";
import { refuse } from "../domain/problem.ts";
import { judgeEtag, judgeMask, type Party } from "../domain/resources.ts";
import type { Shell } from "../shell.ts";
import {
  findParties,
  findParty,
  insertParty,
  listParties,
  lockParty,
  saveParty,
  upsertParties,
} from "../storage/party-store.ts";
import { mustExist } from "./markets.ts";
import { announcedParty, partyMessage } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { found, must, toConnectError } from "./problem.ts";
import { marketOf, partyOf } from "./request-names.ts";

const methods = IdentityService.method;
type Methods = Pick<
  ServiceImpl<typeof IdentityService>,
  "createParty" | "batchCreateParties" | "getParty" | "listParties" | "updateParty"
>;

export function parties(shell: Shell): Methods {
  return {
    createParty: (request, context) => {
      const market = marketOf(request.parent);
      return mutate(shell, context, { method: methods.createParty, place: market, request }, async (tx) => {
        await mustExist(tx, market);
        const party = newParty(market, request.partyId, request.party?.displayName ?? "", shell.now());
        if (!(await insertParty(tx, party))) throw toConnectError(taken(party));
        const act = { resource: partyName(market, party.id) };
        return {
          response: { party: partyMessage(party) },
          act,
          facts: [partyFact(party, PartyCreatedSchema)],
        };
      });
    },

    batchCreateParties: (request, context) => {
      const market = marketOf(request.parent);
      must(judgeBatch(request.parties));
      return mutate(
        shell,
        context,
        { method: methods.batchCreateParties, place: market, request },
        async (tx) => {
          await mustExist(tx, market);
          const given = request.parties.map(({ partyId, displayName }) => ({ id: partyId, displayName }));
          const written = await upsertParties(tx, market, given, shell.now());
          const unchanged = await findParties(tx, market, idsWithout(given, written));
          const byId = new Map([...written, ...unchanged].map((party) => [party.id, party]));
          const created = written.filter((party) => party.version === 1n);
          const response = {
            parties: given.flatMap(({ id }) => byId.get(id) ?? []).map(partyMessage),
            createdCount: created.length,
            updatedCount: written.length - created.length,
          };
          if (written.length === 0) return { response };
          const details = { created: String(response.createdCount), updated: String(response.updatedCount) };
          const facts = written.map((party) =>
            partyFact(party, party.version === 1n ? PartyCreatedSchema : PartyUpdatedSchema),
          );
          return { response, act: { resource: marketName(market), details }, facts };
        },
      );
    },

    getParty: (request, context) => {
      const { market, party: id } = partyOf(request.name);
      return read(shell, context, market, async (tx, caller) => {
        const party = found(await findParty(tx, market, id), caller, partyMissing(market, id));
        return { party: partyMessage(party) };
      });
    },

    listParties: async (request, context) => {
      const market = marketOf(request.parent);
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listPage(
          request,
          ["parties", market],
          ({ after, limit }) => listParties(tx, market, { afterId: idAfter(after), limit }),
          (party) => [party.id],
        ),
      );
      return { parties: rows.map(partyMessage), nextPageToken };
    },

    updateParty: (request, context) => {
      const { market, party: id } = partyOf(request.party?.name ?? "", "party.name");
      return mutate(
        shell,
        context,
        { method: methods.updateParty, place: market, request },
        async (tx, caller) => {
          const party = found(await lockParty(tx, market, id), caller, partyMissing(market, id));
          must(judgeMask(request.updateMask?.paths ?? []));
          must(judgeEtag(request.party?.etag ?? "", party, partyName(market, id)));
          const next = must(rename(party, request.party?.displayName ?? "", shell.now()));
          const response = { party: partyMessage(next) };
          if (next === party) return { response };
          await saveParty(tx, next);
          const act = { resource: partyName(market, id) };
          return { response, act, facts: [partyFact(next, PartyUpdatedSchema)] };
        },
      );
    },
  };
}

type PartyFact = typeof PartyCreatedSchema | typeof PartyUpdatedSchema | typeof PartyErasedSchema;

export function partyFact(party: Party, schema: PartyFact): Announcement {
  return {
    market: party.market,
    feed: "party",
    aggregateId: party.id,
    version: party.version,
    fact: fact(schema, { party: announcedParty(party) }),
  };
}

function idsWithout(given: readonly { id: string }[], written: readonly { id: string }[]): string[] {
  const gone = new Set(written.map((party) => party.id));
  return given.flatMap(({ id }) => (gone.has(id) ? [] : [id]));
}

function taken(party: Party) {
  const name = partyName(party.market, party.id);
  return refuse("PARTY_ALREADY_EXISTS", `${name} exists already`, { party: name }, "party_id");
}
