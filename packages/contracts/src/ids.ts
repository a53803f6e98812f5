/** A client-chosen id of a resource within its collection. */
export const resourceIdPattern = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,62}$/;
/** A market's id. */
export const marketIdPattern = /^[a-z][a-z0-9-]{0,39}$/;

/** Whether the text may be the id of a resource (of a market: see `isMarketId`). */
export function isResourceId(text: string): boolean {
  return resourceIdPattern.test(text);
}

export function isMarketId(text: string): boolean {
  return marketIdPattern.test(text);
}
