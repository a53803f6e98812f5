import { demandIdOf, type SparseGraph, supplyIdOf } from "../graph.ts";
import type { Explanation } from "./explanation.ts";

const MILLION = 1_000_000;

/** An explanation in a few plain sentences, for people who may see all of it: rivals are named. */
export function explanationText(graph: SparseGraph, explanation: Explanation): string {
  const demand = demandIdOf(graph, explanation.demand);
  const supply = supplyIdOf(graph, explanation.supply);
  if (explanation.outcome === "ASSIGNED") {
    const why = explanation.because === "PINNED" ? "because a pin says so" : "by the strategy's choice";
    return [`${supply} is assigned to ${demand} ${why}.`, worth(explanation)].filter(Boolean).join(" ");
  }
  return [
    `${supply} is not assigned to ${demand}: ${explanation.reason}.`,
    worth(explanation),
    named("It went to", explanation.rivals, (rival) => demandIdOf(graph, rival)),
    named("Instead the demand has", explanation.instead, (other) => supplyIdOf(graph, other)),
    ...explanation.limits.map(
      ({ grouping, value, units, unitsMax }) =>
        `Limit ${grouping} ${value}: ${units} of ${unitsMax} units are used.`,
    ),
    needed(explanation),
  ]
    .filter(Boolean)
    .join(" ");
}

function worth({
  weight,
  prices,
}: Pick<Explanation & { outcome: "ASSIGNED" }, "prices"> & { weight?: number }): string {
  if (weight === undefined) return "";
  if (prices === undefined) return `The pair is worth ${shown(weight)}.`;
  const { demand, supply, limits, surplus } = prices;
  const limited = limits === 0 ? "" : ` and ${shown(limits)} for limits`;
  const left = surplusText(surplus);
  return `The pair is worth ${shown(weight)}; prices are ${shown(demand)} for the demand, ${shown(supply)} for the supply${limited}: ${left}.`;
}

function surplusText(surplus: number): string {
  if (surplus === 0) return "just as much";
  return surplus < 0 ? `${shown(-surplus)} too little` : `${shown(surplus)} above them`;
}

function needed(explanation: Explanation & { outcome: "NOT_ASSIGNED" }): string {
  const { toWin, reason } = explanation;
  if (toWin?.score !== undefined) return `A demand score of ${shown(toWin.score)} would have won.`;
  if (toWin !== undefined) return `A weight of ${shown(toWin.weight)} would have won.`;
  return reason === "OUTBID" || reason === "QUOTA" || reason === "FILLED"
    ? "No demand score is known to win."
    : "";
}

function named(lead: string, positions: readonly number[], name: (position: number) => string): string {
  return positions.length === 0 ? "" : `${lead} ${positions.map(name).join(", ")}.`;
}

function shown(millionths: number): string {
  return (millionths / MILLION).toFixed(6);
}
