import { createHash } from "node:crypto";
import { exportMarket } from "@marketmesh/cli/job/export-market";
import type { Mesh } from "@marketmesh/cli/mesh";

export interface ExportedListing {
  readonly id: string;
  readonly side: "SUPPLY" | "DEMAND";
  readonly capacity: {
    readonly units: number | null;
    readonly unlimited: boolean;
    readonly exclusiveGroup: string;
  };
  readonly groups: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ExportedAllocation {
  readonly demandId: string;
  readonly supplyId: string;
  readonly units: number;
  readonly score: number;
}

/** What an outsider has: the exports of a market, parsed. */
export async function exportsOf(clients: Mesh, market: string) {
  const read = <T>(what: "listings" | "allocations" | "offers") =>
    Array.fromAsync(exportMarket(clients, market, what)) as Promise<unknown> as Promise<T[]>;
  return {
    listings: await read<ExportedListing>("listings"),
    allocations: await read<ExportedAllocation>("allocations"),
    offers: await read<{ demandId: string; supplyId: string; state: string }>("offers"),
  };
}

/** The hash as the documentation states it, written apart from the code that reports it. */
export function hashOf(allocations: readonly ExportedAllocation[]): string {
  const lines = allocations.map((a) => Buffer.from(`${a.demandId}\t${a.supplyId}\t${a.units}\n`));
  return createHash("sha256")
    .update(Buffer.concat(lines.sort(Buffer.compare)))
    .digest("hex");
}
