import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions, Client } from "@connectrpc/connect";
import type {
  SolvePlanSchema,
  SolvePrices,
  SolveProgress,
  SolveRequestSchema,
  SolveResult,
  SolverService,
} from "@marketmesh/contracts/allocation/v1";

/** One number per demand, or per supply. */
export interface SolveSide {
  readonly capacities: Int32Array;
  /** Millionths. */
  readonly outsideOptions?: Int32Array;
  /** Demands only. */
  readonly waitingSeconds?: Int32Array;
  /** By name of a grouping of the plan: positions in its values, -1 for none. */
  readonly groups?: Readonly<Record<string, Int32Array>>;
}

/** Demands and supplies are positions; edges in any order, scores in millionths. */
export interface SolveGraph {
  /** `markets/{market}` */
  readonly parent: string;
  readonly plan: MessageInitShape<typeof SolvePlanSchema>;
  readonly demands: SolveSide;
  readonly supplies: SolveSide;
  readonly edgeDemands: Uint32Array;
  readonly edgeSupplies: Uint32Array;
  readonly demandScores: Int32Array;
  /** Absent: as the demand's. */
  readonly supplyScores?: Int32Array;
  /** Millionths; for STRATEGY_EXPECTED. */
  readonly acceptances?: Uint32Array;
}

/** Chosen pairs by position, and what is true of them. */
export interface SolvedGraph {
  readonly result: SolveResult;
  readonly demands: Uint32Array;
  readonly supplies: Uint32Array;
  readonly units: Int32Array;
  /** If the plan asks for them. */
  readonly prices: readonly SolvePrices[];
}

/** Sends a graph to SolverService in chunks and gathers the answer. Rejects with ConnectError. */
export async function solveGraph(
  solver: Pick<Client<typeof SolverService>, "solve">,
  graph: SolveGraph,
  options: CallOptions & { readonly onProgress?: (progress: SolveProgress) => void } = {},
): Promise<SolvedGraph> {
  const { onProgress, ...callOptions } = options;
  const columns: Record<"demands" | "supplies" | "units", Uint8Array[]> = {
    demands: [],
    supplies: [],
    units: [],
  };
  const prices: SolvePrices[] = [];
  let result: SolveResult | undefined;
  for await (const { part } of solver.solve(partsOf(graph), callOptions)) {
    if (part.case === "progress") onProgress?.(part.value);
    else if (part.case === "result") result = part.value;
    else if (part.case === "prices") prices.push(part.value);
    else if (part.case === "pairs") {
      columns.demands.push(part.value.demands);
      columns.supplies.push(part.value.supplies);
      columns.units.push(part.value.units);
    }
  }
  if (!result) throw new Error("the answer ended without a result");
  return {
    result,
    demands: new Uint32Array(joined(columns.demands)),
    supplies: new Uint32Array(joined(columns.supplies)),
    units: new Int32Array(joined(columns.units)),
    prices,
  };
}

// Numbers per message and column: far below the size that a request may have.
const chunkMax = 50_000;

async function* partsOf(graph: SolveGraph): AsyncGenerator<MessageInitShape<typeof SolveRequestSchema>> {
  yield { parent: graph.parent, part: { case: "plan", value: graph.plan } };
  for (const side of ["demands", "supplies"] as const) {
    const { capacities, outsideOptions, waitingSeconds, groups = {} } = graph[side];
    for (let from = 0; from < capacities.length; from += chunkMax) {
      const value = {
        capacities: slice(capacities, from),
        outsideOptions: slice(outsideOptions, from),
        waitingSeconds: slice(waitingSeconds, from),
        groups: Object.entries(groups).map(([grouping, positions]) => ({
          grouping,
          positions: slice(positions, from),
        })),
      };
      yield { part: { case: side, value } };
    }
  }
  for (let from = 0; from < graph.edgeDemands.length; from += chunkMax) {
    const value = {
      demands: slice(graph.edgeDemands, from),
      supplies: slice(graph.edgeSupplies, from),
      demandScores: slice(graph.demandScores, from),
      supplyScores: slice(graph.supplyScores, from),
      acceptances: slice(graph.acceptances, from),
    };
    yield { part: { case: "edges", value } };
  }
}

function slice(column: Int32Array | Uint32Array | undefined, from: number): Uint8Array<ArrayBuffer> {
  // A copy: the caller's own memory stays its own.
  const part = column?.slice(from, from + chunkMax);
  return new Uint8Array((part?.buffer ?? new ArrayBuffer()) as ArrayBuffer);
}

function joined(chunks: readonly Uint8Array[]): ArrayBuffer {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole.buffer;
}
