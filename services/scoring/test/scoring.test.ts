import type { MessageInitShape } from "@bufbuild/protobuf";
import { connect, type Marketmesh } from "@marketmesh/client";
import { Model_Perspective, type ModelSchema, Overlap_Weighting } from "@marketmesh/contracts/scoring/v1";
import { PackedSet_Encoding } from "@marketmesh/contracts/sets/v1";
import { standInCatalog } from "@marketmesh/listing-projection/testing";
import { type RunningServices, startServices } from "@marketmesh/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bindScoring } from "../src/service.ts";

const catalog = standInCatalog();
let mesh: RunningServices;
let operator: Marketmesh;

const kinds = {
  supplyKind: "markets/berlin/kinds/candidate",
  demandKind: "markets/berlin/kinds/job",
};
const overlap = { supplyAttribute: "skills", demandAttribute: "skills", weighting: Overlap_Weighting.RARITY };
const jobView: MessageInitShape<typeof ModelSchema> = {
  ...kinds,
  perspective: Model_Perspective.DEMAND,
  features: [
    {
      feature: "skill_overlap",
      weightMillionths: 1_000_000n,
      source: { case: "overlap", value: overlap },
      minMillionths: 0n,
      maxMillionths: 1_000_000n,
    },
  ],
};
const model = "markets/berlin/models/job-view";
const inline = (attributes: object) =>
  ({ subject: { case: "attributes", value: { ...attributes } } }) as never;

beforeAll(async () => {
  mesh = await startServices([
    { name: "catalog", bind: catalog.bind },
    { name: "scoring", bind: bindScoring },
  ]);
  operator = connect({ endpoints: mesh.endpoints, token: await mesh.testToken() });
  const skills = { type: "array", items: { type: "string" } };
  await catalog.putKind("berlin", "candidate", "SUPPLY", { skills, years: { type: "number" } });
  await catalog.putKind("berlin", "job", "DEMAND", { skills, years: { type: "number" } });
});
afterAll(() => mesh?.close());

test("a model ranks by rarity, once statistics are collected", async () => {
  await operator.scoring.createModel({ parent: "markets/berlin", modelId: "job-view", model: jobView });
  const listings = await catalog.put("berlin", [
    { id: "ann", kind: "candidate", attributes: { skills: ["sql"] } },
    { id: "bob", kind: "candidate", attributes: { skills: ["rust"] } },
    { id: "cid", kind: "candidate", attributes: { skills: ["sql", "rust"] } },
    { id: "dba", kind: "job", attributes: { skills: ["sql", "rust"] } },
    { id: "sqler", kind: "job", attributes: { skills: ["sql"] } },
  ]);
  const revisions = listings.map(({ revision }) => revision);
  const probe = { model, pairs: [{ supply: inline({}), demand: inline({}) }], revisions };
  expect((await operator.scoring.scorePairs(probe)).scores).toMatchObject([{ score: 0 }]);
  const { statistics } = await operator.scoring.collectStatistics({
    parent: "markets/berlin",
    statisticsId: "skills",
    attributes: [
      { kind: kinds.supplyKind, attribute: "skills" },
      { kind: kinds.demandKind, attribute: "skills" },
    ],
    revisions,
  });
  expect(statistics).toMatchObject({ version: 1n, documentCount: 5n, termCount: 2n });
  const supplies = {
    kind: kinds.supplyKind,
    ordinalEpoch: 1n,
    encoding: PackedSet_Encoding.BITMAP,
    members: Uint8Array.of(0b111),
    count: 3,
  };
  const answers = operator.scoring.rank({
    demandModel: model,
    candidates: [{ demand: "markets/berlin/listings/dba", supplies }],
    topK: 2,
    names: true,
    contributions: true,
  });
  const rankings = [];
  for await (const answer of answers) {
    expect(answer).toMatchObject({ demandModelVersion: 1n, statisticsVersion: 1n, ordinalEpoch: 1n });
    rankings.push(...answer.rankings);
  }
  expect(rankings).toMatchObject([
    {
      supplies: ["markets/berlin/listings/cid", "markets/berlin/listings/bob"],
      demandScores: [1_000_000, 695_976],
      candidateCount: 3,
    },
  ]);
});
