import { createHash } from "node:crypto";

// Names the ids below among all UUIDv5 (RFC 9562, 5.5); any constant would do.
const namespace = Buffer.from("8f0c6c1e6f5b4d0f9a54d1b0a3f7c2e1", "hex");

/**
 * The id of the hold that a decision takes for a pair: a UUIDv5 of market, decider (`round/{id}` or `decision/{id}`),
 * demand and supply. Taking it twice is therefore the same row.
 */
export function holdIdOf(market: string, decider: string, demand: string, supply: string): string {
  const hash = createHash("sha1")
    .update(namespace)
    .update([market, decider, demand, supply].join("\n"))
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
