import type { Scope } from "@marketmesh/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migratedDatabase } from "../../test/migrated-database.ts";
import { findBySecret, insertApiKey, revokeApiKey } from "./api-key-store.ts";
import { deleteGrantsOfParty, insertGrant } from "./grant-store.ts";
import { findIssuerByUri, insertIssuer } from "./issuer-store.ts";
import { insertMarket } from "./market-store.ts";
import {
  deletePartyKey,
  findPartyKeys,
  insertErasure,
  insertPartyKeys,
  listErasures,
} from "./party-key-store.ts";
import { findParties, listParties, lockParty, saveParty, upsertParties } from "./party-store.ts";
import { insertServiceAccount } from "./service-account-store.ts";

let migrated: Awaited<ReturnType<typeof migratedDatabase>>;
const now = new Date("2026-11-21T12:00:00.123Z");
const staff: Scope = { market: "berlin", reach: "PLATFORM", principal: "users/x", party: "" };
const inBerlin: typeof migrated.database.transaction = (scope, work) =>
  migrated.database.transaction(scope, work);

beforeAll(async () => {
  migrated = await migratedDatabase();
  const market = { id: "berlin", displayName: "", version: 1n, createTime: now, updateTime: now };
  await inBerlin(staff, (tx) => insertMarket(tx, market));
});
afterAll(() => migrated?.[Symbol.asyncDispose]());

describe("parties", () => {
  const batch = (name: string, count = 200) =>
    Array.from({ length: count }, (_, n) => ({ id: `p${n}`, displayName: name }));

  test("batches in opposite orders at once end without a deadlock, each party as one of them says", async () => {
    const writers = Array.from({ length: 6 }, (_, writer) => {
      const parties = writer % 2 === 0 ? batch(`w${writer}`) : batch(`w${writer}`).reverse();
      return inBerlin(staff, (tx) => upsertParties(tx, "berlin", parties, now));
    });
    const written = await Promise.all(writers);
    expect(written.flat().filter((party) => party.version === 1n)).toHaveLength(200);
    const stored = await inBerlin(staff, (tx) =>
      findParties(
        tx,
        "berlin",
        batch("").map((party) => party.id),
      ),
    );
    expect(new Set(stored.map((party) => party.version))).toEqual(new Set([6n]));
    expect(new Set(stored.map((party) => party.displayName)).size).toBe(1);
  });

  test("equal content writes nothing", async () => {
    const parties = batch("same");
    await inBerlin(staff, (tx) => upsertParties(tx, "berlin", parties, now));
    expect(await inBerlin(staff, (tx) => upsertParties(tx, "berlin", parties, now))).toEqual([]);
  });

  test("are listed bytewise, a page at a time", async () => {
    const ids = ["Zoe", "_a", "a", "B"].map((id) => ({ id: id === "_a" ? "a_" : id, displayName: "" }));
    await inBerlin(staff, (tx) => upsertParties(tx, "berlin", ids, now));
    const first = await inBerlin(staff, (tx) => listParties(tx, "berlin", { afterId: undefined, limit: 3 }));
    expect(first.map((party) => party.id)).toEqual(["B", "Zoe", "a"]);
    const next = await inBerlin(staff, (tx) => listParties(tx, "berlin", { afterId: "a", limit: 1 }));
    expect(next.map((party) => party.id)).toEqual(["a_"]);
    expect(first[0]?.createTime).toEqual(now);
  });
});

describe("party keys", () => {
  const sealed = (party: string, text: string) => ({ party, sealedKey: Buffer.from(text) });

  test("the first one made stays, and an erased party gets none", async () => {
    await inBerlin(staff, (tx) => upsertParties(tx, "berlin", [{ id: "kim", displayName: "" }], now));
    for (const text of ["first", "second"]) {
      await inBerlin(staff, (tx) =>
        insertPartyKeys(tx, "berlin", [sealed("kim", text), sealed("absent", text)], now),
      );
    }
    const keys = await inBerlin(staff, (tx) => findPartyKeys(tx, "berlin", ["kim", "absent"]));
    expect(keys).toEqual([sealed("kim", "first")]);
  });

  test("a key that is asked for while its party is being erased does not come to be", async () => {
    await inBerlin(staff, (tx) => upsertParties(tx, "berlin", [{ id: "leo", displayName: "" }], now));
    let asking: Promise<void> | undefined;
    await inBerlin(staff, async (tx) => {
      const party = await lockParty(tx, "berlin", "leo");
      asking = inBerlin(staff, (other) => insertPartyKeys(other, "berlin", [sealed("leo", "late")], now));
      if (party) await saveParty(tx, { ...party, state: "ERASED", version: 2n });
      await deletePartyKey(tx, "berlin", "leo");
    });
    await asking;
    expect(await inBerlin(staff, (tx) => findPartyKeys(tx, "berlin", ["leo"]))).toEqual([]);
  });

  test("erasures are listed by time and each once", async () => {
    const at = (ms: number) => new Date(now.getTime() + ms);
    const erasures = [
      { market: "berlin", party: "second", eraseTime: at(2) },
      { market: "berlin", party: "first", eraseTime: at(1) },
      { market: "berlin", party: "first", eraseTime: at(3) },
    ];
    await inBerlin(staff, async (tx) => {
      for (const erasure of erasures) await insertErasure(tx, erasure);
    });
    const all = await inBerlin(staff, (tx) => listErasures(tx, "berlin", { after: undefined, limit: 10 }));
    expect(all).toEqual([erasures[1], erasures[0]]);
    const after = [at(1).toISOString(), "berlin", "first"] as const;
    const rest = await inBerlin(staff, (tx) => listErasures(tx, undefined, { after, limit: 10 }));
    expect(rest).toEqual([erasures[0]]);
  });
});

describe("keys and grants", () => {
  test("a key is found by its secret's hash with its account's state, and revoked once", async () => {
    const account = {
      place: "berlin",
      id: "bot",
      displayName: "",
      state: "DISABLED" as const,
      version: 1n,
      createTime: now,
      updateTime: now,
    };
    const key = {
      place: "berlin",
      id: "k",
      serviceAccount: "bot",
      displayName: "",
      expireTime: now,
      revokeTime: undefined,
      createTime: now,
    };
    const hash = Buffer.alloc(32, 7);
    const found = await inBerlin(staff, async (tx) => {
      await insertServiceAccount(tx, account);
      expect(await insertApiKey(tx, key, hash)).toBe(true);
      expect(await insertApiKey(tx, { ...key, id: "other" }, hash)).toBe(false);
      return findBySecret(tx, hash);
    });
    expect(found).toEqual({ key, accountState: "DISABLED" });
    const revoke = () => inBerlin(staff, (tx) => revokeApiKey(tx, "berlin", "k", now));
    expect(await revoke()).toMatchObject({ changed: true, key: { revokeTime: now } });
    expect(await revoke()).toMatchObject({ changed: false, key: { revokeTime: now } });
    expect(await inBerlin(staff, (tx) => revokeApiKey(tx, "berlin", "none", now))).toBeUndefined();
  });

  test("one role is held once, and a party's go together", async () => {
    const grant = {
      place: "berlin",
      id: "g1",
      principal: "users/u",
      role: "party",
      party: "ada",
      createTime: now,
    };
    const inserted = await inBerlin(staff, async (tx) => [
      await insertGrant(tx, grant),
      await insertGrant(tx, { ...grant, id: "g2" }),
      await insertGrant(tx, { ...grant, id: "g3", party: "bob" }),
    ]);
    expect(inserted).toEqual([true, false, true]);
    expect(await inBerlin(staff, (tx) => deleteGrantsOfParty(tx, "berlin", "ada"))).toEqual([grant]);
    expect(await inBerlin(staff, (tx) => deleteGrantsOfParty(tx, "berlin", "ada"))).toEqual([]);
  });

  test("a market's own issuer wins over the platform's", async () => {
    const issuer = {
      place: "",
      id: "i",
      issuerUri: "https://x.example",
      audiences: ["a", "b"],
      algorithms: ["ES256"],
      partyClaim: "",
      createTime: now,
    };
    await migrated.database.background((tx) => insertIssuer(tx, issuer));
    const find = () => migrated.database.background((tx) => findIssuerByUri(tx, "berlin", issuer.issuerUri));
    expect(await find()).toEqual(issuer);
    await inBerlin(staff, (tx) => insertIssuer(tx, { ...issuer, place: "berlin", audiences: ["c"] }));
    expect(await find()).toMatchObject({ place: "berlin", audiences: ["c"] });
  });
});
