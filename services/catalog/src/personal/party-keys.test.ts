import { expect, test } from "vitest";
import { partyKeys } from "./party-keys.ts";
import { open, seal } from "./seal.ts";

const key = Buffer.alloc(32, 1);

function keyring() {
  const asked: string[][] = [];
  let nowMs = 0;
  let answer = async (parties: readonly string[]) => parties.map((party) => ({ party, key }));
  const keys = partyKeys(
    (_, parties) => {
      asked.push([...parties]);
      return answer(parties);
    },
    () => nowMs,
  );
  return {
    keys,
    asked,
    pass: (ms: number) => (nowMs += ms),
    answerWith: (next: typeof answer) => (answer = next),
  };
}

test("a key is asked for once, and again after 5 minutes", async () => {
  const { keys, asked, pass } = keyring();
  for (const ms of [0, 299_999, 1]) {
    pass(ms);
    expect((await keys.keysOf("berlin", ["ada"])).get("ada")).toEqual(key);
  }
  expect(asked).toHaveLength(2);
});

test("keys of many parties are asked for in batches of 1,000", async () => {
  const { keys, asked } = keyring();
  await keys.keysOf(
    "berlin",
    Array.from({ length: 1_500 }, (_, at) => `p${at}`),
  );
  expect(asked.map((parties) => parties.length)).toEqual([1_000, 500]);
});

test("a dropped key is gone at once", async () => {
  const { keys, answerWith } = keyring();
  await keys.keysOf("berlin", ["ada"]);
  keys.drop("berlin", "ada");
  answerWith(async () => []);
  expect((await keys.keysOf("berlin", ["ada"])).size).toBe(0);
});

test("a party that had no key a moment ago gets it as soon as there is one", async () => {
  const { keys, answerWith } = keyring();
  answerWith(async () => []);
  expect((await keys.keysOf("berlin", ["new"])).size).toBe(0);
  answerWith(async (parties) => parties.map((party) => ({ party, key })));
  expect((await keys.keysOf("berlin", ["new"])).get("new")).toEqual(key);
});

test("that a party was erased is asked once", async () => {
  const { keys, answerWith, asked } = keyring();
  answerWith(async (parties) => parties.map((party) => ({ party, key: Buffer.alloc(0) })));
  for (const _ of [1, 2]) expect((await keys.keysOf("berlin", ["gone"])).size).toBe(0);
  expect(asked).toHaveLength(1);
});

test("an answer that was under way while a party was erased is not kept", async () => {
  const { keys, answerWith, asked } = keyring();
  const asking = Promise.withResolvers<void>();
  answerWith(async (parties) => {
    await asking.promise;
    return parties.map((party) => ({ party, key }));
  });
  const first = keys.keysOf("berlin", ["ada"]);
  keys.drop("berlin", "ada");
  asking.resolve();
  await first;
  await keys.keysOf("berlin", ["ada"]);
  expect(asked).toHaveLength(2);
});

test("what is sealed opens for its listing and key alone", () => {
  const of = { market: "berlin", listing: "a" };
  const { sealed, fingerprint } = seal(key, of, { name: "Ada" });
  expect(open(key, of, sealed)).toEqual({ name: "Ada" });
  expect(() => open(key, { ...of, listing: "b" }, sealed)).toThrow();
  expect(() => open(Buffer.alloc(32, 2), of, sealed)).toThrow();
  const again = seal(key, of, { name: "Ada" });
  expect(again.sealed.equals(sealed)).toBe(false);
  expect(again.fingerprint.equals(fingerprint)).toBe(true);
  expect(seal(key, { ...of, listing: "b" }, { name: "Ada" }).fingerprint.equals(fingerprint)).toBe(false);
});
