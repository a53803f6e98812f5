import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Pack } from "@marketmesh/markets";
import type { Mesh } from "../mesh.ts";
import { MarketNames } from "./names.ts";

const limitMs = 120_000;

/** Returns once eligibility and scoring have every listing that the revisions name. */
export async function awaitProjections(
  mesh: Mesh,
  market: string,
  pack: Pack,
  revisions: readonly string[],
  decisionTime: string,
): Promise<void> {
  const names = new MarketNames(market);
  const request = {
    decisionTime: timestampFromMs(Date.parse(decisionTime)),
    revisions: [...revisions],
  };
  const nothing = { subject: { case: "attributes" as const, value: {} } };
  const model = names.of("models", pack.models[0]!.model);
  await Promise.all([
    mesh.eligibility.listEligible(
      { ...request, policy: names.of("policies", pack.policy.policy), demand: nothing, pageSize: 1 },
      { timeoutMs: limitMs },
    ),
    mesh.scoring.scorePairs(
      { ...request, model, pairs: [{ supply: nothing, demand: nothing }] },
      { timeoutMs: limitMs },
    ),
  ]);
}
