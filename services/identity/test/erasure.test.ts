import { Party_State } from "@marketmesh/contracts/identity/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  catalogKey,
  type IdentityUnderTest,
  type MarketUnderTest,
  refused,
  startIdentity,
} from "./start-identity.ts";

let identity: IdentityUnderTest;
let berlin: MarketUnderTest;
let oslo: MarketUnderTest;
let serviceToken: string;

beforeAll(async () => {
  identity = await startIdentity();
  [berlin, oslo] = await Promise.all([identity.market("berlin"), identity.market("oslo")]);
  serviceToken = await identity.tokenOf(catalogKey, { audience: "identity" });
});
afterAll(() => identity?.[Symbol.asyncDispose]());

const party = (id: string) => `${berlin.name}/parties/${id}`;
const keysAs = (caller: string | undefined, ...parties: string[]) =>
  identity.as(serviceToken, caller).getPartyKeys({ parent: berlin.name, parties });

test("a service gets a key for each party, the same each time, under no plain form in the database", async () => {
  const ids = Array.from({ length: 1_000 }, (_, n) => `k${n}`);
  await berlin.admin.batchCreateParties({
    parent: berlin.name,
    parties: ids.map((partyId) => ({ partyId })),
  });
  const first = await keysAs(undefined, ...ids.map(party));
  expect(first.partyKeys.map((key) => key.party)).toEqual(ids.map(party));
  expect(new Set(first.partyKeys.map((key) => Buffer.from(key.key).toString("hex"))).size).toBe(1_000);
  expect(first.partyKeys.every((key) => key.key.length === 32)).toBe(true);
  expect((await keysAs(undefined, party("k0"), party("none"))).missingParties).toEqual([party("none")]);
  const again = await keysAs(undefined, party("k7"));
  expect(again.partyKeys[0]?.key).toEqual(first.partyKeys[7]?.key);
  const plain = Buffer.from(again.partyKeys[0]?.key ?? []);
  const stored = await identity.database.background((tx) =>
    tx.execute<{ sealed_key: Buffer }>(sql`select sealed_key from party_keys where party = 'k7'`),
  );
  expect(stored[0]?.sealed_key.includes(plain)).toBe(false);
});

test("two who ask at once for a new party's key get the same", async () => {
  await berlin.admin.createParty({ parent: berlin.name, partyId: "raced" });
  const answers = await Promise.all(Array.from({ length: 8 }, () => keysAs(undefined, party("raced"))));
  const keys = new Set(answers.map((answer) => Buffer.from(answer.partyKeys[0]?.key ?? []).toString("hex")));
  expect(keys.size).toBe(1);
});

test("only services get keys, and on behalf of a party only its own", async () => {
  const asked = { parent: berlin.name, parties: [berlin.party] };
  await refused(berlin.admin.getPartyKeys(asked), "PermissionDenied", "PERMISSION_MISSING");
  await refused(berlin.asParty.getPartyKeys(asked), "PermissionDenied", "PERMISSION_MISSING");
  await berlin.admin.createParty({ parent: berlin.name, partyId: "other" });
  const own = await keysAs(berlin.partyToken, berlin.party, party("other"));
  expect(own.partyKeys.map((key) => key.party)).toEqual([berlin.party]);
  expect(own.missingParties).toEqual([party("other")]);
  await refused(keysAs(oslo.adminToken, berlin.party), "PermissionDenied", "MARKET_MISMATCH");
  await refused(keysAs(undefined, oslo.party), "InvalidArgument", "VALIDATION_FAILED");
});

test("an erased party loses key, name and grants for ever, and is listed", async () => {
  const { admin, name } = berlin;
  const gone = party("gone");
  await admin.createParty({ parent: name, partyId: "gone", party: { displayName: "Grace" } });
  await admin.createServiceAccount({ parent: name, serviceAccountId: "of-gone" });
  const principal = `${name}/serviceAccounts/of-gone`;
  await admin.createGrant({ parent: name, grant: { principal, role: "roles/party", party: gone } });
  const { secret } = await admin.createApiKey({ parent: name, apiKey: { serviceAccount: principal } });
  await keysAs(undefined, gone);
  await refused(admin.eraseParty({ name: gone, etag: '"9"' }), "Aborted", "ETAG_MISMATCH");

  const { party: erased } = await admin.eraseParty({ name: gone });
  expect(erased).toMatchObject({ state: Party_State.ERASED, displayName: "", version: 2n });
  expect((await admin.eraseParty({ name: gone })).party).toEqual(erased);

  const { partyKeys } = await keysAs(undefined, gone);
  expect(partyKeys[0]).toMatchObject({ party: gone, state: Party_State.ERASED });
  expect(partyKeys[0]?.key).toHaveLength(0);
  await refused(identity.tokenOf(secret), "PermissionDenied", "NO_GRANT");
  await refused(
    admin.updateParty({ party: { name: gone, displayName: "Back" } }),
    "FailedPrecondition",
    "PARTY_ERASED",
  );
  await refused(
    admin.createParty({ parent: name, partyId: "gone" }),
    "AlreadyExists",
    "PARTY_ALREADY_EXISTS",
  );
  await refused(
    identity.tokensAs(berlin.adminToken).delegateToken({ party: gone }),
    "FailedPrecondition",
    "PARTY_ERASED",
  );
  const again = { parent: name, grant: { principal, role: "roles/party", party: gone } };
  await refused(admin.createGrant(again), "FailedPrecondition", "PARTY_ERASED");
  const batch = await admin.batchCreateParties({
    parent: name,
    parties: [{ partyId: "gone", displayName: "Back" }],
  });
  expect(batch.parties[0]).toEqual(erased);

  const { erasures } = await admin.listErasures({ parent: name });
  expect(erasures.map((erasure) => erasure.party)).toEqual([gone]);
  await refused(admin.eraseParty({ name: party("absent") }), "NotFound", "PARTY_NOT_FOUND");
});

test("the erasure list of all markets is the platform's", async () => {
  await oslo.admin.eraseParty({ name: oslo.party });
  const all = await identity.operator.listErasures({ parent: "markets/-", pageSize: 1 });
  const rest = await identity.operator.listErasures({ parent: "markets/-", pageToken: all.nextPageToken });
  expect([...all.erasures, ...rest.erasures].map((erasure) => erasure.party)).toEqual([
    party("gone"),
    oslo.party,
  ]);
  await refused(berlin.admin.listErasures({ parent: "markets/-" }), "PermissionDenied", "MARKET_MISMATCH");
});

test("no remembered answer holds the name of an erased party; those about others stay", async () => {
  const { admin, name } = berlin;
  const displayName = "Ephemeral Person";
  const create = { parent: name, partyId: "brief", party: { displayName }, requestId: "create-brief" };
  const kept = { parent: name, partyId: "kept", party: { displayName: "Kept" }, requestId: "create-kept" };
  await Promise.all([admin.createParty(create), admin.createParty(kept)]);
  const update = { name: party("brief"), displayName: `${displayName} II` };
  await identity.operator.updateParty({ party: update, requestId: "update-brief" });
  const parties = [{ partyId: "brief", displayName }];
  await admin.batchCreateParties({ parent: name, parties, requestId: "batch-brief" });
  const holding = async () => {
    const rows = await identity.database.background((tx) =>
      tx.execute<{
        method: string;
      }>(sql`select split_part(method, '/', 2) as method from marketmesh.remembered_requests
        where position(convert_to(${displayName}, 'UTF8') in response) > 0 order by 1`),
    );
    return rows.map(({ method }) => method);
  };
  expect(await holding()).toEqual(["BatchCreateParties", "CreateParty", "UpdateParty"]);
  await admin.eraseParty({ name: party("brief") });
  expect(await holding()).toEqual([]);
  expect((await admin.createParty(kept)).party?.displayName).toBe("Kept");
});

test("what is announced says who, never what people call them", async () => {
  await berlin.admin.createParty({
    parent: berlin.name,
    partyId: "quiet",
    party: { displayName: "Very Private Person" },
  });
  const rows = await identity.database.background((tx) =>
    tx.execute<{ fact_type: string; fact: Buffer; feed: string }>(
      sql`select feed, fact_type, fact from marketmesh.outbox`,
    ),
  );
  const types = new Set(rows.map((row) => `${row.feed} ${row.fact_type.split(".").at(-1)}`));
  for (const type of [
    "market MarketCreated",
    "party PartyCreated",
    "party PartyErased",
    "grant GrantCreated",
    "grant GrantDeleted",
  ]) {
    expect(types).toContain(type);
  }
  expect(rows.some((row) => row.fact.includes("Very Private Person") || row.fact.includes("Grace"))).toBe(
    false,
  );
});
