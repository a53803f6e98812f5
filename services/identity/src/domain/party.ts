import { partyName } from "./names.ts";
import { accept, type Decision, refuse } from "./problem.ts";
import type { Party } from "./resources.ts";

export function newParty(market: string, id: string, displayName: string, now: Date): Party {
  return { market, id, displayName, state: "ACTIVE", version: 1n, createTime: now, updateTime: now };
}

/** The party under another name; the same party when the name is equal. */
export function rename(party: Party, displayName: string, now: Date): Decision<Party> {
  if (party.state === "ERASED") return erased(party);
  if (displayName === party.displayName) return accept(party);
  return accept({ ...party, displayName, version: party.version + 1n, updateTime: now });
}

/** The party without what was personal; the same party when it is erased already. */
export function erase(party: Party, now: Date): Party {
  if (party.state === "ERASED") return party;
  return { ...party, displayName: "", state: "ERASED", version: party.version + 1n, updateTime: now };
}

export function mustBeActive(party: Party): Decision<Party> {
  return party.state === "ERASED" ? erased(party) : accept(party);
}

/** Refuses a batch that names a party twice: which of the two would count? */
export function judgeBatch(parties: readonly { readonly partyId: string }[]): Decision<undefined> {
  const seen = new Set<string>();
  for (const [index, { partyId }] of parties.entries()) {
    const field = `parties[${index}].party_id`;
    if (seen.has(partyId)) {
      return refuse(
        "PARTY_ID_REPEATED",
        `${field}: ${partyId} occurs twice`,
        { field, party: partyId },
        field,
      );
    }
    seen.add(partyId);
  }
  return accept(undefined);
}

function erased(party: Party) {
  const name = partyName(party.market, party.id);
  return refuse("PARTY_ERASED", `${name} was erased`, { party: name });
}

export function partyMissing(market: string, id: string) {
  const name = partyName(market, id);
  return refuse("PARTY_NOT_FOUND", `there is no party ${name}`, { party: name });
}
