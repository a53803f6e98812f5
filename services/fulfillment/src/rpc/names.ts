import { isResourceId, namePatterns } from "@marketmesh/contracts";
import { idsOf, invalidField } from "@marketmesh/rpc";

/** Collections of this service that the shared table of names does not have. */
export const patterns = {
  ...namePatterns,
  workflow: "markets/{market}/workflows/{workflow}",
  run: "markets/{market}/runs/{run}",
  task: "markets/{market}/tasks/{task}",
} as const;

/** `markets/{market}/{collection}/{id}`; an empty id gives an empty name. Ids come from our tables, checked on their way in. */
export function nameOf(market: string, collection: string, id: string): string {
  return id === "" ? "" : `markets/${market}/${collection}/${id}`;
}

/** The id of a workflow of this market; undefined when nothing is named. INVALID_ARGUMENT for a name of another market. */
export function workflowOf(market: string, name: string, field: string): string | undefined {
  if (name === "") return undefined;
  const ids = idsOf(patterns.workflow, name, field);
  if (ids.market !== market) throw invalidField(field, `not a workflow of markets/${market}`);
  return ids.workflow;
}

/** Likewise the id of a run. */
export function runOf(market: string, name: string, field: string): string | undefined {
  if (name === "") return undefined;
  const ids = idsOf(patterns.run, name, field);
  if (ids.market !== market) throw invalidField(field, `not a run of markets/${market}`);
  return ids.run;
}

/** Likewise the id of a party. */
export function partyOf(market: string, name: string, field: string): string | undefined {
  if (name === "") return undefined;
  const ids = idsOf(patterns.party, name, field);
  if (ids.market !== market) throw invalidField(field, `not a party of markets/${market}`);
  return ids.party;
}

/** A resource name of this market, of any collection; empty stays empty. */
export function subjectOf(market: string, name: string, field: string): string {
  if (name === "") return "";
  const [root, own, ...rest] = name.split("/");
  const ofMarket = root === "markets" && own === market && rest.length <= 6;
  if (!ofMarket || !rest.every(isSegment)) {
    throw invalidField(field, `not a resource name below markets/${market}`);
  }
  return name;
}

// Collections are camelCase words, so the rule of ids holds for them too.
function isSegment(segment: string): boolean {
  return isResourceId(segment);
}
