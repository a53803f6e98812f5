import type { Client } from "@connectrpc/connect";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import type { Model } from "@marketmesh/contracts/scoring/v1";
import { type CurrentKind, readKindOfSide } from "@marketmesh/listing-projection";

export type Kinds = Pick<Client<typeof CatalogService>, "getKind">;

/** Both kinds of a model as the catalog has them now. */
export async function readKinds(
  catalog: Kinds,
  market: string,
  model: Pick<Model, "supplyKind" | "demandKind">,
  signal: AbortSignal,
): Promise<{ readonly supply: CurrentKind; readonly demand: CurrentKind }> {
  const [supply, demand] = await Promise.all([
    readKindOfSide(
      catalog,
      { market, name: model.supplyKind, side: "SUPPLY", field: "model.supply_kind" },
      signal,
    ),
    readKindOfSide(
      catalog,
      { market, name: model.demandKind, side: "DEMAND", field: "model.demand_kind" },
      signal,
    ),
  ]);
  return { supply, demand };
}

/** The id in the name of a kind. */
export function kindId(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
