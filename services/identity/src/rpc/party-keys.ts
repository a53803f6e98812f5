import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { IdentityService, PartyKeySchema } from "@marketmesh/contracts/identity/v1";
import { scopeOf, type Tx } from "@marketmesh/postgres";
import { callerOf, invalidField } from "@marketmesh/rpc";
import { partyName } from "../domain/names.ts";
import type { Party } from "../domain/resources.ts";
import type { MasterKey } from "../secrets/master-key.ts";
import type { Shell } from "../shell.ts";
import { findPartyKeys, insertPartyKeys } from "../storage/party-key-store.ts";
import { findParties } from "../storage/party-store.ts";
import { partyState } from "./messages.ts";
import { marketOf, partyOf } from "./request-names.ts";

type Methods = Pick<ServiceImpl<typeof IdentityService>, "getPartyKeys">;

/** Row security applies to the end caller: on behalf of a party, a service gets the key of that party alone. */
export function partyKeys(shell: Shell, masterKey: MasterKey): Methods {
  return {
    getPartyKeys: async (request, context) => {
      const market = marketOf(request.parent);
      const ids = [...new Set(request.parties.map((name, index) => idIn(market, name, index)))];
      const scope = scopeOf(callerOf(context), market);
      const keys = await shell.database.transaction(scope, (tx) => keysOf(tx, market, ids), {
        signal: context.signal,
      });
      const missing = ids.filter((id) => !keys.has(id)).map((id) => partyName(market, id));
      return { partyKeys: ids.flatMap((id) => keys.get(id) ?? []), missingParties: missing };
    },
  };

  async function keysOf(tx: Tx, market: string, ids: readonly string[]) {
    let sealed = await load(tx, market, ids);
    const found = await findParties(tx, market, ids);
    const without = found.filter((party) => party.state === "ACTIVE" && !sealed.has(party.id));
    if (without.length > 0) {
      await insertPartyKeys(tx, market, without.map(newKey), shell.now());
      sealed = await load(tx, market, ids);
    }
    return new Map(found.map((party) => [party.id, messageOf(party, sealed.get(party.id))]));
  }

  async function load(tx: Tx, market: string, ids: readonly string[]): Promise<Map<string, Buffer>> {
    return new Map((await findPartyKeys(tx, market, ids)).map((key) => [key.party, key.sealedKey]));
  }

  function newKey(party: Party) {
    return { party: party.id, sealedKey: masterKey.seal(randomBytes(32), placeOf(party)) };
  }

  // A party that was erased while we looked has neither a key nor, in its new state, a way to get one.
  function messageOf(party: Party, sealed: Buffer | undefined): MessageInitShape<typeof PartyKeySchema> {
    const key = sealed ? masterKey.open(sealed, placeOf(party)) : Buffer.alloc(0);
    return { party: partyName(party.market, party.id), state: partyState[sealed ? "ACTIVE" : "ERASED"], key };
  }
}

function placeOf(party: Party): string {
  return `party key ${partyName(party.market, party.id)}`;
}

function idIn(market: string, name: string, index: number): string {
  const field = `parties[${index}]`;
  const ids = partyOf(name, field);
  if (ids.market !== market) throw invalidField(field, `${field} must be a party of markets/${market}`);
  return ids.party;
}
