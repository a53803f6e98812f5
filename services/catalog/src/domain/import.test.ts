import fc from "fast-check";
import { expect, test } from "vitest";
import { countOutcomes, type Existing, type Import, type PreparedRow, planChunk } from "./import.ts";
import { contentHash, type ListingContent } from "./listing.ts";

const into: Import = {
  ...{
    market: "berlin",
    id: "i",
    kind: "candidate",
    publish: true,
    party: "",
    state: "OPEN",
    acknowledgedRow: 0,
  },
  counts: { created: 0, updated: 0, unchanged: 0, refused: 0 },
  ...{ lastEventId: undefined, createTime: new Date(0), updateTime: new Date(0) },
};
const context = { import: into, kindVersion: 1n, now: new Date(1) };

function content(value: string): ListingContent {
  return {
    ...{ audience: "PUBLIC", audienceParties: [], capacity: { units: 1, exclusiveGroup: "" } },
    ...{ attributesJson: JSON.stringify({ value }), groups: {} },
  };
}

function row(number: number, id: string, value: string): PreparedRow {
  return { row: number, id, owner: "", content: content(value), personal: undefined };
}

function existing(id: string, value: string): Existing {
  const now = new Date(0);
  return {
    fingerprint: undefined,
    listing: {
      ...content(value),
      ...{
        market: "berlin",
        id,
        kind: "candidate",
        kindVersion: 1n,
        state: "ACTIVE",
        owner: "",
        version: 7n,
      },
      ...{ ordinal: 1, ordinalEpoch: 1n, createTime: now, updateTime: now, publishTime: now },
      contentHash: contentHash(content(value)),
    },
  };
}

test("a chunk comes to what its rows come to one by one, with one write per listing", () => {
  const ids = fc.constantFrom("a", "b", "c");
  const rows = fc.array(fc.tuple(ids, fc.constantFrom("1", "2")), { maxLength: 12 });
  fc.assert(
    fc.property(rows, fc.dictionary(ids, fc.constantFrom("1", "2")), (given, before) => {
      const there = new Map(Object.entries(before).map(([id, value]) => [id, existing(id, value)]));
      const prepared = given.map(([id, value], at) => row(at + 1, id, value));
      const plan = planChunk(prepared, there, context);
      const after = new Map(Object.entries(before));
      const ends = given.map(([id, value]) => {
        const end = !after.has(id) ? "created" : after.get(id) === value ? "unchanged" : "updated";
        after.set(id, value);
        return end;
      });
      expect(plan.outcomes.map(({ end }) => end)).toEqual(ends);
      const written = [...plan.created, ...plan.updated];
      expect(new Set(written.map(({ id }) => id)).size).toBe(written.length);
      for (const [id, value] of after) {
        const write = written.find((listing) => listing.id === id);
        expect(write?.attributesJson ?? content(before[id] as string).attributesJson).toBe(
          content(value).attributesJson,
        );
        expect(write === undefined).toBe(before[id] === value);
        if (write) expect(write.version).toBe(before[id] === undefined ? 1n : 8n);
      }
    }),
  );
});

test("a new id has the owner of its first row: a row of another owner is refused, one that names none is not", () => {
  const sealedFor = (owner: string) => ({ sealed: Buffer.from(owner), fingerprint: Buffer.from(owner) });
  const owned = (number: number, owner: string): PreparedRow => ({
    ...row(number, "a", String(number)),
    owner,
    personal: owner === "" ? undefined : sealedFor(owner),
  });
  const plan = planChunk([owned(1, "alice"), owned(2, "bob")], new Map(), context);
  expect(plan.created).toMatchObject([{ id: "a", owner: "alice", attributesJson: '{"value":"1"}' }]);
  expect(plan.personal.get("a")).toEqual(sealedFor("alice"));
  expect(plan.refusals).toMatchObject([{ row: 2, field: "owner", reason: "OWNER_NOT_ALLOWED" }]);
  expect(planChunk([owned(1, "alice"), owned(2, "")], new Map(), context).refusals).toEqual([]);
  expect(planChunk([owned(1, ""), owned(2, "bob")], new Map(), context).refusals).toHaveLength(1);
});

test("rows of ids that turn out to be taken are not counted", () => {
  const plan = planChunk([row(1, "a", "1"), row(2, "b", "1")], new Map(), context);
  expect(countOutcomes(plan.outcomes, new Set(["a"]))).toEqual({
    created: 1,
    updated: 0,
    unchanged: 0,
    refused: 0,
  });
});
