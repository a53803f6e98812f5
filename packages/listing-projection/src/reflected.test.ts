import { create } from "@bufbuild/protobuf";
import type { Revision } from "@marketmesh/contracts";
import { KindSchema } from "@marketmesh/contracts/catalog/v1";
import { expect, test } from "vitest";
import { ProjectedKind } from "./projected-kind.ts";
import { reflected } from "./reflected.ts";

const schema = { type: "object", properties: {} };
const kind = new ProjectedKind(
  create(KindSchema, { name: "markets/berlin/kinds/thing", schema, version: 1n }),
  1n,
);
const place = { owner: "", audience: "PUBLIC", audienceParties: [], attributes: {} } as const;
kind.index.apply({ ordinal: 4, id: "a", version: 2, active: false, ...place });
const position = { epoch: 3n, feedSeq: 10n };

const feed = (feedEpoch: bigint, feedSeq: bigint): Revision => ({ of: "feed", feedEpoch, feedSeq });
const listing = (listingId: string, version: bigint, feedEpoch = 3n): Revision => {
  return { of: "listing", listingId, version, feedEpoch, ordinal: 4 };
};

test.each([
  ["a position that is applied", feed(3n, 10n), true],
  ["a later position", feed(3n, 11n), false],
  ["a position of an earlier life of the feed", feed(2n, 99n), true],
  ["a position of a later life", feed(4n, 1n), false],
  ["an older version of a listing", listing("a", 1n), true],
  ["the version that is there, though not active", listing("a", 2n), true],
  ["a later version", listing("a", 3n), false],
  ["a listing that is not there", listing("b", 1n), false],
  ["a listing of a later life", listing("a", 1n, 4n), false],
])("%s", (_, revision, expected) => {
  expect(reflected(revision, position, () => [kind])).toBe(expected);
});

test("nothing is reflected before the first bootstrap", () => {
  expect(reflected(feed(1n, 0n), undefined, () => [])).toBe(false);
});
