import { type CurrentKind, type Kinds, readKindOfSide } from "./kind-of-side.ts";

/** The resource that says how supply and demand of two kinds go together: a policy, a model. */
export interface KindsWanted {
  readonly market: string;
  /** The request field that holds the resource. */
  readonly field: string;
}

/** Both kinds of a resource as the catalog has them now. Throws as `readKindOfSide`, and names the resource's field. */
export async function readKinds(
  catalog: Kinds,
  { market, field }: KindsWanted,
  { supplyKind, demandKind }: { readonly supplyKind: string; readonly demandKind: string },
  signal: AbortSignal,
): Promise<{ readonly supply: CurrentKind; readonly demand: CurrentKind }> {
  const supplyWanted = { market, name: supplyKind, side: "SUPPLY", field: `${field}.supply_kind` } as const;
  const demandWanted = { market, name: demandKind, side: "DEMAND", field: `${field}.demand_kind` } as const;
  const [supply, demand] = await Promise.all([
    readKindOfSide(catalog, supplyWanted, signal),
    readKindOfSide(catalog, demandWanted, signal),
  ]);
  return { supply, demand };
}

/** The id in the name of a kind. */
export function kindId(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
