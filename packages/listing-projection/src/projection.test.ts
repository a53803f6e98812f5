import { create } from "@bufbuild/protobuf";
import {
  KindSchema,
  type Listing,
  Listing_Audience,
  Listing_State,
  ListingSchema,
} from "@marketmesh/contracts/catalog/v1";
import { expect, test } from "vitest";
import { ProjectedKind } from "./projected-kind.ts";
import { Projection } from "./projection.ts";

const name = "markets/berlin/kinds/thing";
const schema = { type: "object", properties: { city: { type: "string" } } };

function kindOf(version: bigint, epoch = 1n): ProjectedKind {
  return new ProjectedKind(create(KindSchema, { name, schema, version }), epoch);
}

function listingOf(
  id: string,
  ordinal: number,
  over: Partial<Pick<Listing, "version" | "kindVersion" | "ordinalEpoch">> = {},
) {
  const state = { state: Listing_State.ACTIVE, audience: Listing_Audience.PUBLIC };
  const versions = { version: 1n, kindVersion: 1n, ordinalEpoch: 1n, ...over };
  return create(ListingSchema, {
    name: `markets/berlin/listings/${id}`,
    kind: name,
    ordinal,
    ...state,
    ...versions,
  });
}

const at = (feedSeq: bigint) => ({ epoch: 1n, feedSeq });

const exported = (kind: ProjectedKind | undefined, feedSeq = 100n) => ({ position: at(feedSeq), kind });

function projected(...kinds: ProjectedKind[]): Projection {
  const projection = new Projection();
  projection.replace({ position: at(0n), kinds: new Map(kinds.map((kind) => [kind.name, kind])) });
  return projection;
}

test("changes of a kind that is not known are held until its export is there", () => {
  const projection = projected();
  projection.apply([listingOf("a", 0), listingOf("b", 1)], at(2n));
  expect(projection.kind(name)).toBeUndefined();
  const load = projection.nextLoad;
  expect(load?.kind).toBe(name);
  expect(projection.loaded(load!, exported(kindOf(1n)))).toBe(true);
  expect(projection.kind(name)?.index.rows).toBe(2);
  expect(projection.nextLoad).toBeUndefined();
});

test("an export that is older than the changes is not taken", () => {
  const projection = projected(kindOf(1n));
  projection.apply([listingOf("a", 0, { kindVersion: 2n })], at(1n));
  expect(projection.kind(name)).toBeUndefined();
  const load = projection.nextLoad!;
  expect(projection.loaded(load, exported(kindOf(1n)))).toBe(false);
  expect(projection.loading(name)).toBe(true);
  expect(projection.loaded(load, exported(kindOf(2n)))).toBe(true);
  expect(projection.kind(name)).toMatchObject({ version: 2n });
});

test("a load that was under way when everything was replaced comes in vain", () => {
  const projection = projected();
  projection.want(name);
  const load = projection.nextLoad!;
  const fresh = kindOf(3n);
  projection.replace({ position: at(9n), kinds: new Map([[name, fresh]]) });
  expect(projection.loaded(load, exported(kindOf(1n)))).toBe(false);
  expect(projection.kind(name)).toBe(fresh);
});

test("a kind that the catalog does not have is no longer wanted", () => {
  const projection = projected();
  projection.want(name, 5n);
  expect(projection.loaded(projection.nextLoad!, exported(undefined))).toBe(true);
  expect(projection.loading(name)).toBe(false);
});

test("a change of an epoch that is over changes nothing", () => {
  const projection = projected(kindOf(1n, 2n));
  projection.apply([listingOf("a", 0)], at(1n));
  expect(projection.kind(name)?.index.rows).toBe(0);
  expect(projection.position).toEqual(at(1n));
});

test("an export from before what is applied takes nobody's place", () => {
  const projection = projected(kindOf(1n));
  projection.apply([listingOf("a", 0), listingOf("b", 1)], at(7n));
  projection.want(name, 2n);
  const load = projection.nextLoad!;
  expect(projection.loaded(load, exported(kindOf(2n), 6n))).toBe(false);
  expect(projection.loaded(load, { position: { epoch: 0n, feedSeq: 99n }, kind: kindOf(2n) })).toBe(false);
  expect(projection.loading(name)).toBe(true);
  expect(projection.loaded(load, exported(kindOf(2n), 7n))).toBe(true);
});

test("changes of the batch that asked for the export are in it", () => {
  const projection = projected(kindOf(1n));
  // The first is applied to what the export replaces, the second waits for it.
  projection.apply([listingOf("a", 0), listingOf("b", 1, { kindVersion: 2n })], at(7n));
  expect(projection.loaded(projection.nextLoad!, exported(kindOf(2n), 5n))).toBe(false);
});

test("that a kind is missing is not taken from before its changes", () => {
  const projection = projected();
  projection.apply([listingOf("a", 0)], at(7n));
  const load = projection.nextLoad!;
  expect(projection.loaded(load, exported(undefined, 6n))).toBe(false);
  expect(projection.loaded(load, exported(kindOf(1n), 7n))).toBe(true);
  expect(projection.kind(name)?.index.rows).toBe(1);
});
