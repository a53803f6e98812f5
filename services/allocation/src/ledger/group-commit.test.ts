import { OverloadError, UnavailableError } from "@marketmesh/postgres";
import { expect, test } from "vitest";
import { GroupCommit } from "./group-commit.ts";

type Entry = { readonly id: string; readonly key?: string; readonly size?: number };

/** Groups wait until they are let through; what became of an entry is its id, unless it is to fail. */
function gated(
  more: { sizeMax?: number; waitingMax?: number; fails?: (ids: string[]) => Error | undefined } = {},
) {
  const groups: string[][] = [];
  const gates: (() => void)[] = [];
  const commit = new GroupCommit<Entry, string>({
    sizeMax: more.sizeMax ?? 10,
    waitingMax: more.waitingMax ?? 100,
    keyOf: ({ key }) => key,
    sizeOf: ({ size = 1 }) => size,
    async run(entries) {
      const ids = entries.map(({ id }) => id);
      groups.push(ids);
      await new Promise<void>((resolve) => gates.push(resolve));
      const failure = more.fails?.(ids);
      if (failure) throw failure;
      return ids;
    },
  });
  const begun = async (count: number) => {
    while (gates.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Lets the n-th group through, from 1. */
  const pass = async (n: number) => {
    await begun(n);
    gates[n - 1]!();
  };
  return { commit, groups, begun, pass };
}

test("what comes while a group is under way goes together; each key once in a group", async () => {
  const { commit, groups, begun, pass } = gated({ sizeMax: 3 });
  const first = commit.submit("m", { id: "a" });
  await begun(1);
  const rest = ["b", "c", "d", "e"].map((id) => commit.submit("m", { id, ...(id < "d" && { key: "same" }) }));
  await pass(1);
  expect(await first).toBe("a");
  await pass(2);
  await pass(3);
  expect(await Promise.all(rest)).toEqual(["b", "c", "d", "e"]);
  expect(groups).toEqual([["a"], ["b", "d", "e"], ["c"]]);
});

test("a group is as large as its entries; who finds no room waits, with all behind it", async () => {
  const { commit, groups, begun, pass } = gated({ sizeMax: 3 });
  const first = commit.submit("m", { id: "a" });
  await begun(1);
  const sizes = { b: 2, c: 2, d: 1, e: 9, f: 1 };
  const rest = Object.entries(sizes).map(([id, size]) => commit.submit("m", { id, size }));
  for (let n = 1; n <= 5; n++) await pass(n);
  expect(await Promise.all([first, ...rest])).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(groups).toEqual([["a"], ["b"], ["c", "d"], ["e"], ["f"]]);
});

test("lanes do not wait for each other", async () => {
  const { commit, groups, begun, pass } = gated();
  const answers = [commit.submit("m", { id: "a" }), commit.submit("n", { id: "b" })];
  await begun(2);
  expect(groups).toEqual([["a"], ["b"]]);
  await pass(1);
  await pass(2);
  await Promise.all(answers);
});

test("a group that fails is tried one by one, unless the database is away", async () => {
  const { commit, begun, pass } = gated({
    fails: (ids) =>
      ids.includes("bad") ? new Error("bad") : ids.includes("away") ? new UnavailableError(0) : undefined,
  });
  const first = commit.submit("m", { id: "x" });
  await begun(1);
  const good = commit.submit("m", { id: "good" });
  const bad = commit.submit("m", { id: "bad" });
  for (const n of [1, 2, 3, 4]) await pass(n);
  expect(await first).toBe("x");
  expect(await good).toBe("good");
  await expect(bad).rejects.toThrow("bad");
  const next = commit.submit("m", { id: "y" });
  await begun(5);
  const away = [commit.submit("m", { id: "away" }), commit.submit("m", { id: "beside" })];
  await pass(5);
  await pass(6);
  await next;
  for (const one of await Promise.allSettled(away))
    expect(one).toMatchObject({ reason: expect.any(UnavailableError) });
});

test("who goes away while waiting is left out, and too many are refused", async () => {
  const { commit, groups, begun, pass } = gated({ waitingMax: 2 });
  const first = commit.submit("m", { id: "a" });
  await begun(1);
  const gone = new AbortController();
  const left = commit.submit("m", { id: "b" }, gone.signal);
  const stays = commit.submit("m", { id: "c" });
  await expect(commit.submit("m", { id: "d" })).rejects.toThrow(OverloadError);
  gone.abort();
  await pass(1);
  await first;
  await expect(left).rejects.toThrow("deadline");
  await pass(2);
  expect(await stays).toBe("c");
  expect(groups).toEqual([["a"], ["c"]]);
});
