import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IdentityUnderTest, type MarketUnderTest, refused, startIdentity } from "./start-identity.ts";

let identity: IdentityUnderTest;
let berlin: MarketUnderTest;
let oslo: MarketUnderTest;

beforeAll(async () => {
  identity = await startIdentity();
  [berlin, oslo] = await Promise.all([identity.market("berlin"), identity.market("oslo")]);
});
afterAll(() => identity?.[Symbol.asyncDispose]());

describe("markets", () => {
  test("are created once, read, renamed and listed", async () => {
    const { operator } = identity;
    await operator.createMarket({ marketId: "rome", market: { displayName: "Rome" } });
    await refused(operator.createMarket({ marketId: "rome" }), "AlreadyExists", "MARKET_ALREADY_EXISTS");
    const { market: read } = await operator.getMarket({ name: "markets/rome" });
    expect(read).toMatchObject({ name: "markets/rome", displayName: "Rome", version: 1n });
    const change = { name: "markets/rome", displayName: "Roma", etag: read?.etag ?? "" };
    const { market: changed } = await operator.updateMarket({ market: change });
    expect(changed).toMatchObject({ displayName: "Roma", version: 2n });
    await refused(operator.updateMarket({ market: change }), "Aborted", "ETAG_MISMATCH");
    const names = (await operator.listMarkets({})).markets.map((market) => market.name);
    expect(names).toEqual(["markets/berlin", "markets/oslo", "markets/rome"]);
  });

  test("pages follow each other and a token is bound to its list", async () => {
    const first = await identity.operator.listMarkets({ pageSize: 1 });
    expect(first.markets).toHaveLength(1);
    const second = await identity.operator.listMarkets({ pageSize: 1, pageToken: first.nextPageToken });
    expect(second.markets[0]?.name).toBe("markets/oslo");
    const elsewhere = identity.operator.listParties({ parent: berlin.name, pageToken: first.nextPageToken });
    await refused(elsewhere, "InvalidArgument", "PAGE_TOKEN_INVALID");
  });

  test("a mask may name only what can be changed", async () => {
    const call = berlin.admin.updateMarket({
      market: { name: berlin.name },
      updateMask: { paths: ["name"] },
    });
    expect(await refused(call, "InvalidArgument", "UPDATE_MASK_INVALID")).toMatchObject({ path: "name" });
  });

  test("staff of one market neither see another nor all", async () => {
    await refused(berlin.admin.getMarket({ name: oslo.name }), "PermissionDenied", "MARKET_MISMATCH");
    await refused(berlin.admin.getMarket({ name: "markets/nowhere" }), "PermissionDenied", "MARKET_MISMATCH");
    await refused(berlin.admin.listMarkets({}), "PermissionDenied", "MARKET_MISMATCH");
    await refused(berlin.admin.createMarket({ marketId: "mine" }), "PermissionDenied", "PERMISSION_MISSING");
    await refused(identity.operator.getMarket({ name: "markets/nowhere" }), "NotFound", "MARKET_NOT_FOUND");
  });

  test("a name that is none is refused, wherever it is", async () => {
    await refused(identity.operator.getMarket({ name: "berlin" }), "InvalidArgument", "NAME_INVALID");
    await refused(identity.operator.listParties({ parent: "berlin" }), "InvalidArgument", "NAME_INVALID");
    await refused(identity.operator.listGrants({ parent: "berlin" }), "InvalidArgument", "NAME_INVALID");
    await refused(
      identity.operator.createMarket({ marketId: "Not-An-Id" }),
      "InvalidArgument",
      "VALIDATION_FAILED",
    );
  });
});

describe("parties", () => {
  test("a batch of 1,000 creates, renames and leaves alone", async () => {
    const parties = Array.from({ length: 1_000 }, (_, n) => ({
      partyId: `p${n}`,
      displayName: `Party ${n}`,
    }));
    const first = await berlin.admin.batchCreateParties({ parent: berlin.name, parties });
    expect(first).toMatchObject({ createdCount: 1_000, updatedCount: 0 });
    expect(first.parties.map((party) => party.name)).toEqual(
      parties.map(({ partyId }) => `${berlin.name}/parties/${partyId}`),
    );
    const again = await berlin.admin.batchCreateParties({ parent: berlin.name, parties });
    expect(again).toMatchObject({ createdCount: 0, updatedCount: 0 });
    expect(again.parties).toEqual(first.parties);
    const renamed = parties.slice(0, 2).map((party) => ({ ...party, displayName: "renamed" }));
    const third = await berlin.admin.batchCreateParties({ parent: berlin.name, parties: renamed });
    expect(third).toMatchObject({ createdCount: 0, updatedCount: 2 });
    expect(third.parties[0]).toMatchObject({ displayName: "renamed", version: 2n });
  });

  test("a batch is refused as a whole: too large, repeated ids, an absent market", async () => {
    const many = Array.from({ length: 1_001 }, (_, n) => ({ partyId: `q${n}` }));
    const { admin, name } = oslo;
    await refused(
      admin.batchCreateParties({ parent: name, parties: many }),
      "InvalidArgument",
      "VALIDATION_FAILED",
    );
    const twice = [{ partyId: "x" }, { partyId: "y" }, { partyId: "x" }];
    const metadata = await refused(
      admin.batchCreateParties({ parent: name, parties: twice }),
      "InvalidArgument",
      "PARTY_ID_REPEATED",
    );
    expect(metadata).toMatchObject({ field: "parties[2].party_id" });
    const { parties } = await admin.listParties({ parent: name });
    expect(parties.map((party) => party.name)).toEqual([oslo.party]);
    const nowhere = identity.operator.batchCreateParties({
      parent: "markets/nowhere",
      parties: [{ partyId: "x" }],
    });
    await refused(nowhere, "NotFound", "MARKET_NOT_FOUND");
  });

  test("a repeated request_id gets the first answer, with another body a refusal", async () => {
    const request = { parent: oslo.name, partyId: "bob", requestId: "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d" };
    const first = await oslo.admin.createParty(request);
    expect(await oslo.admin.createParty(request)).toEqual(first);
    const other = oslo.admin.createParty({ ...request, partyId: "eve" });
    await refused(other, "InvalidArgument", "REQUEST_ID_REUSED");
    await refused(
      oslo.admin.createParty({ parent: oslo.name, partyId: "bob" }),
      "AlreadyExists",
      "PARTY_ALREADY_EXISTS",
    );
  });

  test("a party sees itself and can't tell an absent party from a hidden one", async () => {
    await oslo.admin.batchCreateParties({ parent: oslo.name, parties: [{ partyId: "bob" }] });
    const { asParty, name, party } = oslo;
    expect((await asParty.getParty({ name: party })).party?.displayName).toBe("Ada");
    expect((await asParty.listParties({ parent: name })).parties.map((one) => one.name)).toEqual([party]);
    for (const hidden of ["bob", "nobody"]) {
      const shown = `${name}/parties/${hidden}`;
      await refused(asParty.getParty({ name: shown }), "PermissionDenied", "RESOURCE_NOT_ACCESSIBLE");
      await refused(
        asParty.updateParty({ party: { name: shown } }),
        "PermissionDenied",
        "RESOURCE_NOT_ACCESSIBLE",
      );
    }
    const renamed = await asParty.updateParty({ party: { name: party, displayName: "Ada L." } });
    expect(renamed.party).toMatchObject({ displayName: "Ada L.", version: 2n });
    await refused(
      asParty.createParty({ parent: name, partyId: "mine" }),
      "PermissionDenied",
      "PERMISSION_MISSING",
    );
    await refused(asParty.listAuditEntries({ parent: name }), "PermissionDenied", "PERMISSION_MISSING");
    await refused(oslo.admin.getParty({ name: `${name}/parties/nobody` }), "NotFound", "PARTY_NOT_FOUND");
  });

  test("readers read and change nothing", async () => {
    expect((await berlin.reader.getParty({ name: berlin.party })).party?.name).toBe(berlin.party);
    await refused(berlin.reader.eraseParty({ name: berlin.party }), "PermissionDenied", "PERMISSION_MISSING");
  });
});

test("nobody gets in without a token", async () => {
  await refused(identity.anonymous.listMarkets({}), "Unauthenticated", "TOKEN_MISSING");
  await refused(identity.as("forged").listMarkets({}), "Unauthenticated", "TOKEN_INVALID");
});
