import { PartyErasedSchema } from "@marketmesh/contracts/identity/v1";
import { announce } from "@marketmesh/events";
import type { Scope } from "@marketmesh/postgres";
import { audit } from "../audit.ts";
import { partyName } from "../domain/names.ts";
import { erase, newParty } from "../domain/party.ts";
import type { Erasure } from "../domain/resources.ts";
import { takeGrantsAway } from "../rpc/grants.ts";
import { partyFact } from "../rpc/parties.ts";
import type { Shell } from "../shell.ts";
import { placeExists } from "../storage/market-store.ts";
import { deletePartyKey, insertErasure, listErasures } from "../storage/party-key-store.ts";
import { forgetAnswersAbout, insertParty, lockParty, saveParty } from "../storage/party-store.ts";
import type { ErasureList } from "./erasure-list.ts";

const pageSize = 1_000;

/**
 * Brings database and list to the same erasures, before anything is served: a database that was restored forgets again who was
 * erased since its backup, and the list gets what a crash kept from it. Answers with how many parties were erased again.
 */
export async function reapplyErasures(shell: Shell, list: ErasureList): Promise<number> {
  const stored = await storedErasures(shell);
  const names = new Set(stored.map(({ market, party }) => `${market}/${party}`));
  let count = 0;
  for (const erasure of list.kept) {
    if (names.has(`${erasure.market}/${erasure.party}`)) continue;
    names.add(`${erasure.market}/${erasure.party}`);
    if (await eraseAgain(shell, erasure)) count++;
  }
  await list.add(stored);
  return count;
}

async function storedErasures(shell: Shell): Promise<Erasure[]> {
  const all: Erasure[] = [];
  for (;;) {
    const last = all.at(-1);
    const after = last && ([last.eraseTime.toISOString(), last.market, last.party] as const);
    const page = await shell.database.background((tx) =>
      listErasures(tx, undefined, { after, limit: pageSize }),
    );
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}

/** False when the market is not here: nothing of the party can be either. The list keeps it for another state of the database. */
function eraseAgain(shell: Shell, { market, party: id, eraseTime }: Erasure): Promise<boolean> {
  // As the market's own staff: what forgets remembered answers is for one market.
  const scope: Scope = { market, reach: "MARKET", principal: "", party: "" };
  return shell.database.transaction(scope, async (tx) => {
    if (!(await placeExists(tx, market))) return false;
    // A party that the backup does not have yet may be on its way again, by a job that is repeated: its id stays taken.
    const found = await lockParty(tx, market, id);
    const next = erase(found ?? newParty(market, id, "", eraseTime), eraseTime);
    if (found) await saveParty(tx, next);
    else await insertParty(tx, next);
    await deletePartyKey(tx, market, id);
    await forgetAnswersAbout(tx, id);
    await insertErasure(tx, { market, party: id, eraseTime });
    await announce(tx, [...(await takeGrantsAway(tx, market, id)), partyFact(next, PartyErasedSchema)]);
    const act = { place: market, action: "ReapplyErasure", resource: partyName(market, id) };
    await audit(shell, tx, { principal: "", requestId: "" }, act);
    return true;
  });
}
