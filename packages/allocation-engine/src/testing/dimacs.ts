import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Network } from "../network/network.ts";

/** A network whose nodes and arcs are still being changed; nodes count from 1 as in the format, node 0 is nobody. */
export interface DimacsNetwork {
  readonly supplies: number[];
  readonly arcs: { tail: number; head: number; lower: number; upper: number; cost: number }[];
}

/** Text of a file, unpacked where its name ends in `.gz`. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** Reads a minimum-cost flow problem in the format of the first DIMACS challenge (1991). */
export function parseDimacs(text: string): DimacsNetwork {
  const network: DimacsNetwork = { supplies: [0], arcs: [] };
  for (const line of text.split("\n")) {
    const [kind, ...fields] = line.trim().split(/\s+/);
    const numbers = fields.map(Number);
    if (kind === "p") for (let node = 0; node < Number(fields[1]); node++) network.supplies.push(0);
    if (kind === "n") network.supplies[numbers[0]!] = numbers[1]!;
    if (kind === "a") addArc(network, numbers);
  }
  return network;
}

function addArc(network: DimacsNetwork, [tail, head, lower, upper, cost]: readonly number[]): void {
  network.arcs.push({ tail: tail!, head: head!, lower: lower!, upper: upper!, cost: cost! });
}

/** The network as columns; nodes count from 0. */
export function networkOf({ supplies, arcs }: DimacsNetwork): Network {
  return {
    supplies: Float64Array.from(supplies.slice(1)),
    tails: Int32Array.from(arcs, (arc) => arc.tail - 1),
    heads: Int32Array.from(arcs, (arc) => arc.head - 1),
    lower: Float64Array.from(arcs, (arc) => arc.lower),
    upper: Float64Array.from(arcs, (arc) => arc.upper),
    costs: Float64Array.from(arcs, (arc) => arc.cost),
  };
}
