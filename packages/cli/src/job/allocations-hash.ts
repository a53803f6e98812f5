import { createHash } from "node:crypto";

export interface AllocatedPair {
  readonly demandId: string;
  readonly supplyId: string;
  readonly units: number;
}

/** SHA-256, in hex, of the lines `demandId\tsupplyId\tunits\n` in bytewise order. */
export function allocationsSha256(pairs: readonly AllocatedPair[]): string {
  const lines = pairs.map(({ demandId, supplyId, units }) =>
    Buffer.from(`${demandId}\t${supplyId}\t${units}\n`),
  );
  lines.sort(Buffer.compare);
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line);
  return hash.digest("hex");
}
