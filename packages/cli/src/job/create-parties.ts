import type { Sample } from "@marketmesh/markets";
import type { Mesh } from "../mesh.ts";
import { chunksOf } from "./concurrently.ts";
import { MarketNames } from "./names.ts";

const partiesPerBatch = 1_000;

/** Creates the parties that own a sample's listings; those that exist stay. */
export async function createParties(mesh: Mesh, market: string, parties: Sample["parties"]): Promise<void> {
  const parent = new MarketNames(market).market;
  for (const chunk of chunksOf(parties, partiesPerBatch)) {
    await mesh.identity.batchCreateParties({
      parent,
      parties: chunk.map(({ id, displayName }) => ({ partyId: id, displayName })),
    });
  }
}
