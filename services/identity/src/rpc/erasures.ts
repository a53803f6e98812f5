import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { IdentityService, PartyErasedSchema } from "@marketmesh/contracts/identity/v1";
import { listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { partyName } from "../domain/names.ts";
import { erase, partyMissing } from "../domain/party.ts";
import { judgeEtag } from "../domain/resources.ts";
import type { ErasureList } from "../erasures/erasure-list.ts";
import type { Shell } from "../shell.ts";
import { deletePartyKey, insertErasure, listErasures } from "../storage/party-key-store.ts";
import { forgetAnswersAbout, lockParty, saveParty } from "../storage/party-store.ts";
import { takeGrantsAway } from "./grants.ts";
import { partyMessage } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { partyFact } from "./parties.ts";
import { found, must } from "./problem.ts";
import { marketOf, partyOf } from "./request-names.ts";

type Methods = Pick<ServiceImpl<typeof IdentityService>, "eraseParty" | "listErasures">;

export function erasures(shell: Shell, list: ErasureList | undefined): Methods {
  return {
    eraseParty: async (request, context) => {
      const { market, party: id } = partyOf(request.name);
      const mutation = { method: IdentityService.method.eraseParty, place: market, request };
      const response = await mutate(shell, context, mutation, async (tx, caller) => {
        // The party is locked before its key and grants: making a key takes it first, too.
        const party = found(await lockParty(tx, market, id), caller, partyMissing(market, id));
        must(judgeEtag(request.etag, party, partyName(market, id)));
        const next = erase(party, shell.now());
        const response = { party: partyMessage(next) };
        if (next === party) return { response };
        await saveParty(tx, next);
        await deletePartyKey(tx, market, id);
        await forgetAnswersAbout(tx, id);
        await insertErasure(tx, { market, party: id, eraseTime: next.updateTime });
        const facts = [...(await takeGrantsAway(tx, market, id)), partyFact(next, PartyErasedSchema)];
        return { response, act: { resource: partyName(market, id) }, facts };
      });
      // Who is told that a party is erased may rely on it whatever is restored. A call that fails here is made again.
      await list?.add([{ market, party: id, eraseTime: timestampDate(response.party!.updateTime!) }]);
      return response;
    },

    listErasures: async (request, context) => {
      const market = request.parent === "markets/-" ? undefined : marketOf(request.parent);
      const { rows, nextPageToken } = await read(shell, context, market ?? "", (tx) =>
        listPage(
          request,
          ["erasures", market ?? "-"],
          ({ after, limit }) => listErasures(tx, market, { after: after && cursorOf(after), limit }),
          (erasure) => [erasure.eraseTime.toISOString(), erasure.market, erasure.party],
        ),
      );
      const message = rows.map((erasure) => ({
        party: partyName(erasure.market, erasure.party),
        eraseTime: timestampFromDate(erasure.eraseTime),
      }));
      return { erasures: message, nextPageToken };
    },
  };
}

function cursorOf(after: readonly (string | number)[]): readonly [string, string, string] {
  return [String(after[0]), String(after[1]), String(after[2])];
}
