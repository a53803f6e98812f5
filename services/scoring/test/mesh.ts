import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { connect, type Marketmesh } from "@marketmesh/client";
import type { SubjectSchema } from "@marketmesh/contracts/eligibility/v1";
import {
  type FeatureSchema,
  type Model,
  Model_Perspective,
  ModelSchema,
  Overlap_Normalisation,
  Overlap_Weighting,
  type Ranking,
  type RankRequestSchema,
} from "@marketmesh/contracts/scoring/v1";
import { PackedSet_Encoding, type PackedSetSchema } from "@marketmesh/contracts/sets/v1";
import { type StandInCatalog, standInCatalog } from "@marketmesh/listing-projection/testing";
import { type RunningServices, startServices, type TestTokenClaims } from "@marketmesh/testkit";
import { bindScoring } from "../src/service.ts";

export { refusalOf } from "@marketmesh/testkit";

/** The service with a stand-in catalog, and clients of it. */
export interface ScoringUnderTest extends AsyncDisposable {
  readonly mesh: RunningServices;
  readonly catalog: StandInCatalog;
  readonly operator: Marketmesh;
  as(claims: TestTokenClaims): Promise<Marketmesh>;
}

export const parent = "markets/berlin";
export const kinds = { supplyKind: `${parent}/kinds/candidate`, demandKind: `${parent}/kinds/job` } as const;
const counted = [kinds.supplyKind, kinds.demandKind].map((kind) => ({ kind, attribute: "skills" }));
export const skillStatistics = { parent, statisticsId: "skills", attributes: counted };

export async function startScoring(): Promise<ScoringUnderTest> {
  const catalog = standInCatalog();
  const mesh = await startServices([
    { name: "catalog", bind: catalog.bind },
    { name: "scoring", bind: bindScoring },
  ]);
  const as = async (claims: TestTokenClaims) =>
    connect({ endpoints: mesh.endpoints, token: await mesh.testToken(claims) });
  const operator = await as({});
  const skills = { type: "array", items: { type: "string" } };
  const number = { type: "number" };
  const email = { type: "string", "x-personal": true };
  await catalog.putKind("berlin", "candidate", "SUPPLY", { skills, years: number, email });
  await catalog.putKind("berlin", "job", "DEMAND", { skills, years: number });
  return { mesh, catalog, operator, as, [Symbol.asyncDispose]: () => mesh.close() };
}

type FeatureInit = MessageInitShape<typeof FeatureSchema>;

export function formula(feature: string, expression: string, over: FeatureInit = {}): FeatureInit {
  return {
    feature,
    weightMillionths: 1_000_000n,
    source: { case: "expression", value: expression },
    ...over,
  };
}

/** The share of the wanted skills, by rarity. */
export const skillOverlap: FeatureInit = {
  feature: "skill_overlap",
  weightMillionths: 1_000_000n,
  source: {
    case: "overlap",
    value: {
      supplyAttribute: "skills",
      demandAttribute: "skills",
      weighting: Overlap_Weighting.RARITY,
      normalisation: Overlap_Normalisation.DEMAND,
    },
  },
};

/** The same over other attributes. */
export function overlapOf(supplyAttribute: string, demandAttribute: string): FeatureInit {
  return {
    feature: "overlap",
    weightMillionths: 1n,
    source: { case: "overlap", value: { supplyAttribute, demandAttribute } },
  };
}

/** A model between the kinds above. */
export function modelOf(
  features: FeatureInit[],
  perspective: Model_Perspective = Model_Perspective.DEMAND,
): Model {
  return create(ModelSchema, { ...kinds, perspective, features });
}

export function listing(id: string): MessageInitShape<typeof SubjectSchema> {
  return { subject: { case: "listing", value: `${parent}/listings/${id}` } };
}

export function inline(attributes: JsonObject): MessageInitShape<typeof SubjectSchema> {
  return { subject: { case: "attributes", value: attributes } };
}

/** A set of supplies, ascending. */
export function setOf(ordinals: number[], feedSeq = 0n): MessageInitShape<typeof PackedSetSchema> {
  const members = new Uint8Array(Uint32Array.from(ordinals).buffer);
  const of = { kind: kinds.supplyKind, ordinalEpoch: 1n, feedSeq };
  return { ...of, encoding: PackedSet_Encoding.ARRAY, members, count: ordinals.length };
}

export async function rankingsOf(
  client: Marketmesh,
  request: MessageInitShape<typeof RankRequestSchema>,
): Promise<Ranking[]> {
  const rankings: Ranking[] = [];
  for await (const answer of client.scoring.rank(request)) rankings.push(...answer.rankings);
  return rankings;
}
