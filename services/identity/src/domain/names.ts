import { type IdsOf, namePatterns, parseName } from "@marketmesh/contracts";

/** Where a resource belongs: the id of a market, or empty for the platform. */
export type Place = string;

/** The collections that exist both in markets and on the platform. */
export const collections = {
  serviceAccount: "serviceAccounts",
  apiKey: "apiKeys",
  issuer: "issuers",
  grant: "grants",
  auditEntry: "auditEntries",
  user: "users",
} as const;

export type Collection = (typeof collections)[keyof typeof collections];

export function nameIn(place: Place, collection: Collection, id: string): string {
  return place === "" ? `${collection}/${id}` : `markets/${place}/${collection}/${id}`;
}

export interface PlacedName {
  readonly place: Place;
  readonly id: string;
}

/** Takes `markets/{market}/<collection>/{id}` or `<collection>/{id}` apart; undefined for anything else. */
export function parsePlaced(collection: Collection, name: string): PlacedName | undefined {
  const inMarket = parseName(`markets/{market}/${collection}/{id}`, name);
  if (inMarket.ok) {
    const ids = inMarket.ids as IdsOf<"{market}/{id}">;
    return { place: ids.market, id: ids.id };
  }
  const onPlatform = parseName(`${collection}/{id}`, name);
  return onPlatform.ok ? { place: "", id: (onPlatform.ids as IdsOf<"{id}">).id } : undefined;
}

/** What a principal's name says. */
export interface Principal extends PlacedName {
  readonly kind: "serviceAccount" | "user";
}

export function parsePrincipal(name: string): Principal | undefined {
  const account = parsePlaced(collections.serviceAccount, name);
  if (account) return { kind: "serviceAccount", ...account };
  const user = parsePlaced(collections.user, name);
  return user && { kind: "user", ...user };
}

export const marketName = (market: string): string => `markets/${market}`;
export const partyName = (market: string, party: string): string => `markets/${market}/parties/${party}`;
export const roleName = (role: string): string => `roles/${role}`;
export const partyPattern = namePatterns.party;
