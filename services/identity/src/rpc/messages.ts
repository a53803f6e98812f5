import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  ApiKey_State,
  type ApiKeySchema,
  type AuditEntrySchema,
  type GrantSchema,
  type IssuerSchema,
  type MarketSchema,
  Party_State,
  type PartySchema,
  Reach as ReachMessage,
  type RoleSchema,
  ServiceAccount_State,
  type ServiceAccountSchema,
} from "@marketmesh/contracts/identity/v1";
import { type ApiKey, stateOf } from "../domain/api-key.ts";
import type { Grant } from "../domain/grant.ts";
import { collections, marketName, nameIn, partyName, roleName } from "../domain/names.ts";
import {
  type AuditEntry,
  etagOf,
  type Issuer,
  type Market,
  type Party,
  type ServiceAccount,
} from "../domain/resources.ts";
import type { Reach, Role } from "../domain/roles.ts";

const stamp = timestampFromDate;

export const reachMessage: Readonly<Record<Reach, ReachMessage>> = {
  PLATFORM: ReachMessage.PLATFORM,
  MARKET: ReachMessage.MARKET,
  PARTY: ReachMessage.PARTY,
};

export const partyState: Readonly<Record<Party["state"], Party_State>> = {
  ACTIVE: Party_State.ACTIVE,
  ERASED: Party_State.ERASED,
};

export function marketMessage(market: Market): MessageInitShape<typeof MarketSchema> {
  const { displayName, version } = market;
  const times = { createTime: stamp(market.createTime), updateTime: stamp(market.updateTime) };
  return { name: marketName(market.id), displayName, version, etag: etagOf(version), ...times };
}

export function partyMessage(party: Party): MessageInitShape<typeof PartySchema> {
  const { displayName, version } = party;
  const name = partyName(party.market, party.id);
  const times = { createTime: stamp(party.createTime), updateTime: stamp(party.updateTime) };
  return { name, displayName, state: partyState[party.state], version, etag: etagOf(version), ...times };
}

/** A party as others are told of it: what people call it is personal. */
export function announcedParty(party: Party): MessageInitShape<typeof PartySchema> {
  return { ...partyMessage(party), displayName: "" };
}

export function grantMessage(grant: Grant): MessageInitShape<typeof GrantSchema> {
  return {
    name: nameIn(grant.place, collections.grant, grant.id),
    principal: grant.principal,
    role: roleName(grant.role),
    party: grant.party === "" ? "" : partyName(grant.place, grant.party),
    createTime: stamp(grant.createTime),
  };
}

export function roleMessage(role: Role): MessageInitShape<typeof RoleSchema> {
  const { description, permissions } = role;
  return {
    name: roleName(role.id),
    description,
    reach: reachMessage[role.reach],
    permissions: [...permissions],
  };
}

export function serviceAccountMessage(
  account: ServiceAccount,
): MessageInitShape<typeof ServiceAccountSchema> {
  return {
    name: nameIn(account.place, collections.serviceAccount, account.id),
    displayName: account.displayName,
    state: account.state === "ACTIVE" ? ServiceAccount_State.ACTIVE : ServiceAccount_State.DISABLED,
    version: account.version,
    etag: etagOf(account.version),
    createTime: stamp(account.createTime),
    updateTime: stamp(account.updateTime),
  };
}

export function apiKeyMessage(key: ApiKey, now: Date): MessageInitShape<typeof ApiKeySchema> {
  return {
    name: nameIn(key.place, collections.apiKey, key.id),
    serviceAccount: nameIn(key.place, collections.serviceAccount, key.serviceAccount),
    displayName: key.displayName,
    state: ApiKey_State[stateOf(key, now)],
    createTime: stamp(key.createTime),
    ...(key.expireTime && { expireTime: stamp(key.expireTime) }),
    ...(key.revokeTime && { revokeTime: stamp(key.revokeTime) }),
  };
}

export function issuerMessage(issuer: Issuer): MessageInitShape<typeof IssuerSchema> {
  return {
    name: nameIn(issuer.place, collections.issuer, issuer.id),
    issuerUri: issuer.issuerUri,
    audiences: [...issuer.audiences],
    algorithms: [...issuer.algorithms],
    partyClaim: issuer.partyClaim,
    createTime: stamp(issuer.createTime),
  };
}

export function auditEntryMessage(entry: AuditEntry): MessageInitShape<typeof AuditEntrySchema> {
  const { principal, via, action, resource, requestId } = entry;
  const name = nameIn(entry.place, collections.auditEntry, entry.id);
  const occurTime = stamp(entry.occurTime);
  return { name, occurTime, principal, via, action, resource, requestId, details: { ...entry.details } };
}
