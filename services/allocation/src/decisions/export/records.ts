import type { Tx } from "@marketmesh/postgres";
import type { Decision } from "../../domain/decision.ts";
import type { Hold, Offer } from "../../domain/hold.ts";
import { type RecordedGraph, supplyOfNode } from "../../domain/packed-graph.ts";
import { readHoldsOfDecisions } from "../../storage/hold-store.ts";
import { readOffers } from "../../storage/offer-store.ts";
import { readRoundGraph } from "../../storage/round-graph-store.ts";
import { unpackConsidered } from "../considered.ts";
import type { LogEntry } from "../log-entry.ts";
import { readLog } from "../log-store.ts";
import { type ChosenPair, readChosenPairs } from "./chosen-store.ts";

/** A supply that a decision considered, and what became of it. */
export interface RecordedPair {
  readonly supply: string;
  readonly demandScore: number;
  readonly supplyScore: number;
  readonly chosen: boolean;
  readonly lostBecause: string;
  readonly hold: Hold | undefined;
  readonly offer: Offer | undefined;
}

/** A decision as the log keeps it, with what became of it. */
export interface DecisionRecord {
  readonly decision: Decision;
  /** Undefined: recorded before there was a log. */
  readonly entry: LogEntry | undefined;
  readonly pairs: readonly RecordedPair[];
}

/** Joins decisions with their log, pairs, holds and answers; one reader per export, for it remembers the graph it read last. */
export class RecordReader {
  readonly #market: string;
  readonly #considered: boolean;
  #last: { readonly log: string; readonly graph: RecordedGraph | undefined } | undefined;

  constructor(market: string, considered: boolean) {
    this.#market = market;
    this.#considered = considered;
  }

  async read(tx: Tx, decisions: readonly Decision[]): Promise<DecisionRecord[]> {
    const market = this.#market;
    const logs = decisions.map(({ log }) => log);
    const entries = new Map((await readLog(tx, market, logs)).map((entry) => [entry.id, entry]));
    const chosen = await readChosenPairs(tx, market, decisions);
    const holds = await readHoldsOfDecisions(tx, market, decisions);
    const offered = [...holds.values()].flat().filter((hold) => hold.offered);
    const offers = new Map(
      (
        await readOffers(
          tx,
          market,
          offered.map(({ id }) => id),
        )
      ).map((offer) => [offer.id, offer]),
    );
    const records: DecisionRecord[] = [];
    for (const decision of decisions) {
      const entry = entries.get(decision.log);
      const graph = this.#considered && entry ? await this.#graphOf(tx, entry) : undefined;
      const pairs = pairsOf(
        decision,
        chosen.get(decision.id) ?? [],
        holds.get(decision.id) ?? [],
        offers,
        graph,
      );
      records.push({ decision, entry, pairs });
    }
    return records;
  }

  // Decisions of one round follow each other.
  async #graphOf(tx: Tx, entry: LogEntry): Promise<RecordedGraph | undefined> {
    if (this.#last?.log !== entry.id) {
      const graph = entry.content
        ? await unpackConsidered(entry.content)
        : await readRoundGraph(tx, this.#market, entry.round);
      this.#last = { log: entry.id, graph };
    }
    return this.#last.graph;
  }
}

function pairsOf(
  decision: Decision,
  chosen: readonly ChosenPair[],
  holds: readonly Hold[],
  offers: ReadonlyMap<string, Offer>,
  graph: RecordedGraph | undefined,
): RecordedPair[] {
  const pairs = new Map<string, RecordedPair>();
  const nothing = { chosen: false, lostBecause: "", hold: undefined, offer: undefined };
  if (graph)
    for (const edge of edgesOf(graph, decision.demand)) pairs.set(edge.supply, { ...nothing, ...edge });
  for (const { supply, demandScore, supplyScore, lostBecause } of chosen) {
    pairs.set(supply, { ...nothing, supply, demandScore, supplyScore, chosen: true, lostBecause });
  }
  for (const hold of holds) {
    const { supply, score: demandScore, supplyScore } = hold;
    const offer = offers.get(hold.id);
    pairs.set(supply, { supply, demandScore, supplyScore, chosen: true, lostBecause: "", hold, offer });
  }
  return [...pairs.values()].sort((a, b) => b.demandScore - a.demandScore || (a.supply < b.supply ? -1 : 1));
}

function edgesOf({ graph }: RecordedGraph, demandId: string) {
  const demand = positionOf(graph.demandIds, demandId);
  const edges: Pick<RecordedPair, "supply" | "demandScore" | "supplyScore">[] = [];
  for (let edge = graph.offsets[demand] ?? 0; edge < (graph.offsets[demand + 1] ?? 0); edge++) {
    edges.push({
      supply: supplyOfNode(graph.supplyIds[graph.supplies[edge]!]!),
      demandScore: graph.demandScores[edge]!,
      supplyScore: graph.supplyScores[edge]!,
    });
  }
  return edges;
}

const positions = new WeakMap<readonly string[], Map<string, number>>();

function positionOf(ids: readonly string[], id: string): number {
  let known = positions.get(ids);
  if (!known) {
    known = new Map(ids.map((one, at) => [one, at]));
    positions.set(ids, known);
  }
  return known.get(id) ?? Number.NaN;
}
