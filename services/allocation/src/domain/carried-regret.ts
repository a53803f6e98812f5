import type { ExpectedState, Graph } from "@marketmesh/allocation-engine";

/** Pairs that are carried, those of the demands seen last. */
const pairsMax = 500_000;
/** So many rounds a listing may be in none, all its units on offer, and its pairs are still carried. */
const roundsKept = 50;

/**
 * What offering a pair would lose, as rounds so far judged it: the prices of scarcity that go from round to round. By the ids of
 * listings, since each round has a graph of its own. Plain data that JSON keeps.
 */
export interface CarriedRegret {
  /** Of this form; what has another is not read. */
  readonly version: 1;
  /** The longest unseen first. */
  readonly demands: readonly CarriedDemand[];
  /** Nodes of supplies, each with the round that saw it last. */
  readonly supplies: readonly (readonly [node: string, seen: number])[];
}

interface CarriedDemand {
  readonly id: string;
  /** The round that saw it last. */
  readonly seen: number;
  /** Sampled worlds that its pairs were judged in. */
  readonly worlds: number;
  /** Positions in `supplies`. */
  readonly supplies: readonly number[];
  /** By pair, in millionths of a score. */
  readonly regret: readonly number[];
}

type Judged = Pick<ExpectedState, "regret" | "worlds">;

/** What is known of the pairs of a graph; -1 where nothing is. */
export function regretIn(graph: Graph, carried: CarriedRegret | undefined): Judged {
  const regret = new Float32Array(graph.supplies.length).fill(-1);
  const worlds = new Uint32Array(graph.demandIds.length);
  if (carried?.version !== 1) return { regret, worlds };
  const positions = new Map(carried.supplies.map(([node], at) => [node, at]));
  const positionOf = graph.supplyIds.map((node) => positions.get(node) ?? -1);
  const rows = new Map(carried.demands.map((row) => [row.id, row]));
  const known = new Float64Array(carried.supplies.length).fill(-1);
  for (const [demand, id] of graph.demandIds.entries()) {
    const row = rows.get(id);
    if (!row) continue;
    worlds[demand] = row.worlds;
    for (const [at, supply] of row.supplies.entries()) known[supply] = row.regret[at]! / 1e6;
    for (let edge = graph.offsets[demand]!; edge < graph.offsets[demand + 1]!; edge += 1) {
      regret[edge] = known[positionOf[graph.supplies[edge]!]!] ?? -1;
    }
    for (const supply of row.supplies) known[supply] = -1;
  }
  return { regret, worlds };
}

/** What the next round gets: this one's pairs but those on offer now, and those of listings that are likely to come back. */
export function carriedAfter(
  graph: Graph,
  { wave, regret, worlds }: ExpectedState,
  offers: Uint32Array,
  before: CarriedRegret | undefined,
): CarriedRegret {
  const oldest = wave - roundsKept;
  const here = new Set(graph.supplyIds);
  const old = before?.version === 1 ? before : undefined;
  const table = new Table();
  for (const node of graph.supplyIds) table.add(node, wave);
  for (const [node, seen] of old?.supplies ?? [])
    if (seen >= oldest && !here.has(node)) table.add(node, seen);
  const kept = (row: CarriedDemand, dropped: ReadonlySet<string>): CarriedDemand => {
    const pairs = [...row.supplies.keys()].filter((at) => {
      const node = old!.supplies[row.supplies[at]!]![0];
      return table.at(node) !== undefined && !dropped.has(node);
    });
    const supplies = pairs.map((at) => table.at(old!.supplies[row.supplies[at]!]![0])!);
    return { ...row, supplies, regret: pairs.map((at) => row.regret[at]!) };
  };
  const rows = new Map(old?.demands.map((row) => [row.id, row]));
  const offered = new Set(offers);
  const seen = graph.demandIds.flatMap((id, demand): CarriedDemand[] => {
    if (worlds[demand] === 0) return [];
    const row = rows.get(id);
    rows.delete(id);
    // Of pairs with supplies that are here, this round knows which are left.
    const away = row ? kept(row, here) : { supplies: [], regret: [] };
    const [supplies, lost] = [[...away.supplies], [...away.regret]];
    for (let edge = graph.offsets[demand]!; edge < graph.offsets[demand + 1]!; edge += 1) {
      if (regret[edge]! < 0 || offered.has(edge)) continue;
      supplies.push(table.at(graph.supplyIds[graph.supplies[edge]!]!)!);
      lost.push(Math.round(1e6 * regret[edge]!));
    }
    return [{ id, seen: wave, worlds: worlds[demand]!, supplies, regret: lost }];
  });
  const unseen = [...rows.values()].filter((row) => row.seen >= oldest).map((row) => kept(row, new Set()));
  return { version: 1, demands: latest([...unseen, ...seen]), supplies: table.entries };
}

/** As many rows as fit, from the end. */
function latest(rows: readonly CarriedDemand[]): CarriedDemand[] {
  let [first, pairs] = [rows.length, 0];
  while (first > 0 && pairs + rows[first - 1]!.supplies.length <= pairsMax) {
    first -= 1;
    pairs += rows[first]!.supplies.length;
  }
  return rows.slice(first);
}

/** Nodes by position. */
class Table {
  readonly entries: (readonly [string, number])[] = [];
  readonly #positions = new Map<string, number>();

  add(node: string, seen: number): void {
    this.#positions.set(node, this.entries.push([node, seen]) - 1);
  }

  at(node: string): number | undefined {
    return this.#positions.get(node);
  }
}
