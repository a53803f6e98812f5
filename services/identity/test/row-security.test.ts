import { assertRowSecurity, type Scope } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogKey, type IdentityUnderTest, startIdentity } from "./start-identity.ts";

let identity: IdentityUnderTest;

const tables = [
  "markets",
  "parties",
  "party_keys",
  "erasures",
  "service_accounts",
  "grants",
  "api_keys",
  "issuers",
  "audit_entries",
];

beforeAll(async () => {
  identity = await startIdentity();
  for (const market of [await identity.market("berlin"), await identity.market("oslo")]) {
    const { admin, name } = market;
    await admin.batchCreateParties({ parent: name, parties: [{ partyId: "bob" }, { partyId: "gone" }] });
    await admin.eraseParty({ name: `${name}/parties/gone` });
    const issuer = { issuerUri: "https://login.example", audiences: ["web"] };
    await admin.createIssuer({
      parent: name,
      issuerId: "login",
      issuer,
      requestId: "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d",
    });
    const service = identity.as(await identity.tokenOf(catalogKey, { audience: "identity" }));
    await service.getPartyKeys({ parent: name, parties: [`${name}/parties/ada`, `${name}/parties/bob`] });
  }
});
afterAll(() => identity?.[Symbol.asyncDispose]());

const scope = (part: Partial<Scope>): Scope => ({
  market: "",
  reach: "MARKET",
  principal: "users/x",
  party: "",
  ...part,
});

function marketsSeen(as: Scope, table: string): Promise<string[]> {
  return identity.database.transaction(as, async (tx) => {
    const rows = await tx.execute<{ market: string }>(
      sql`select distinct market from ${sql.raw(table)} order by 1`,
    );
    return rows.map((row) => row.market);
  });
}

describe("row level security", () => {
  test("shows nothing of any table without a market", async () => {
    const guarded = await assertRowSecurity(identity.database);
    const filled = guarded.filter((one) => one.rows > 0).map((one) => one.table.replace(/^public\./, ""));
    expect(filled).toEqual(expect.arrayContaining(tables));
  });

  test.each(tables)("%s: staff see their own market, and nothing without one", async (table) => {
    expect(await marketsSeen(scope({ market: "berlin" }), table)).toEqual(["berlin"]);
    expect(await marketsSeen(scope({ market: "nowhere" }), table)).toEqual([]);
    expect(await marketsSeen(scope({}), table)).toEqual([]);
  });

  test.each(tables)("%s: the platform sees one market, or all with its own", async (table) => {
    expect(await marketsSeen(scope({ reach: "PLATFORM", market: "oslo" }), table)).toEqual(["oslo"]);
    const all = await marketsSeen(scope({ reach: "PLATFORM" }), table);
    expect(all.filter((market) => market !== "")).toEqual(["berlin", "oslo"]);
  });

  test("a party sees its market, itself and its own key, and nothing else", async () => {
    const ada = scope({ market: "berlin", reach: "PARTY", party: "ada" });
    for (const table of tables) {
      const open = ["markets", "parties", "party_keys"].includes(table);
      expect([table, await marketsSeen(ada, table)]).toEqual([table, open ? ["berlin"] : []]);
    }
    const seen = await identity.database.transaction(ada, async (tx) => [
      ...(await tx.execute(sql`select id from parties`)),
      ...(await tx.execute(sql`select party as id from party_keys`)),
    ]);
    expect(seen).toEqual([{ id: "ada" }, { id: "ada" }]);
  });

  test("nobody writes outside of what they see", async () => {
    const ada = scope({ market: "berlin", reach: "PARTY", party: "ada" });
    const write = (as: Scope, statement: ReturnType<typeof sql>) =>
      identity.database.transaction(as, async (tx) => (await tx.execute(statement)).count);
    expect(await write(ada, sql`update parties set display_name = 'x' where id = 'bob'`)).toBe(0);
    const grant = sql`insert into grants (market, id, principal, role, party, create_time)
      values ('berlin', 'mine', 'users/x', 'marketAdmin', '', now())`;
    await expect(write(ada, grant)).rejects.toMatchObject({ code: "42501" });
    await expect(write(scope({ market: "oslo" }), grant)).rejects.toMatchObject({ code: "42501" });
    await expect(write(scope({ reach: "PLATFORM" }), grant)).rejects.toMatchObject({ code: "42501" });
    expect(
      await write(
        scope({ market: "oslo" }),
        sql`update parties set display_name = 'x' where market = 'berlin'`,
      ),
    ).toBe(0);
  });

  test("nobody rewrites the audit list or reads a private key, whatever the code does", async () => {
    const operator = scope({ reach: "PLATFORM", market: "berlin" });
    for (const statement of [
      sql`update audit_entries set principal = 'users/other'`,
      sql`delete from audit_entries`,
      sql`select * from signing_keys`,
      sql`delete from erasures`,
    ]) {
      const call = identity.database.transaction(operator, (tx) => tx.execute(statement));
      await expect(call).rejects.toMatchObject({ code: "42501" });
    }
  });
});

test("no secret is anywhere in the database, not even in a remembered answer", async () => {
  const berlin = "markets/berlin";
  const { secret } = await identity.operator.createApiKey({
    parent: berlin,
    apiKey: { serviceAccount: `${berlin}/serviceAccounts/marketReader` },
    requestId: "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5e",
  });
  const everything = await identity.database.background((tx) =>
    tx.execute<{ dump: string }>(sql`
      select (select coalesce(string_agg(r::text, ' '), '') from marketmesh.remembered_requests r)
        || (select string_agg(a::text, ' ') from audit_entries a) || (select string_agg(k::text, ' ') from api_keys k)
        || (select string_agg(o::text, ' ') from marketmesh.outbox o) as dump`),
  );
  const { dump } = everything[0] ?? { dump: "" };
  expect(dump).toContain("CreateApiKey");
  expect(dump).not.toContain(secret);
  expect(dump).not.toContain(Buffer.from(secret).toString("hex"));
});
