import { Code } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import { idsOf, problem } from "@marketmesh/rpc";
import { type Collection, type Place, type PlacedName, parsePlaced } from "../domain/names.ts";

/** The place that a `parent` names: a market, or the platform when it is empty. */
export function placeOf(parent: string): Place {
  return parent === "" ? "" : marketOf(parent);
}

export function marketOf(name: string, field = "parent"): string {
  return idsOf(namePatterns.market, name, field).market;
}

export function partyOf(name: string, field = "name"): { readonly market: string; readonly party: string } {
  return idsOf(namePatterns.party, name, field);
}

export function placedOf(collection: Collection, name: string, field = "name"): PlacedName {
  const parsed = parsePlaced(collection, name);
  if (parsed) return parsed;
  const expected = `markets/{market}/${collection}/{id}`;
  const message = `${field}: ${JSON.stringify(name.slice(0, 120))} is neither of the form ${expected} nor ${collection}/{id}`;
  throw problem(Code.InvalidArgument, "NAME_INVALID", message, { field, metadata: { field, expected } });
}
