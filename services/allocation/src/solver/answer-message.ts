import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Plan_Side, type SolveResponseSchema } from "@marketmesh/contracts/allocation/v1";
import type { Solved } from "./solve-job.ts";

type Response = MessageInitShape<typeof SolveResponseSchema>;
type Solution = Extract<Solved, { kind: "SOLVED" }>;

/** Numbers in one message: about a megabyte. */
const chunkMax = 100_000;

/** Under what a solution is kept. */
export interface Handle {
  readonly handle: string;
  readonly expireMs: number;
}

/** The result, then pairs, then, if asked for, prices. */
export function* answersOf(
  solved: Solution,
  kept: Handle | undefined,
  withPrices: boolean,
): Generator<Response> {
  yield resultOf(solved, kept);
  yield* pairsOf(solved);
  const { certificate } = solved.solution;
  if (!withPrices || !certificate) return;
  yield* pricesOf(Plan_Side.DEMAND, certificate.demandPrices);
  yield* pricesOf(Plan_Side.SUPPLY, certificate.supplyPrices);
}

function resultOf({ solution }: Solution, kept: Handle | undefined): Response {
  const { certificate, facts } = solution;
  return {
    part: {
      case: "result",
      value: {
        method: facts.method,
        pairCount: facts.pairs,
        units: BigInt(facts.units),
        value: facts.value,
        ...(certificate && {
          certificate: {
            primal: certificate.primal,
            dual: certificate.dual,
            gap: certificate.gap,
            exact: certificate.exact,
          },
        }),
        ...(kept && { handle: kept.handle, handleExpireTime: timestampFromMs(kept.expireMs) }),
      },
    },
  };
}

function* pairsOf({ demands, supplies, solution }: Solution): Generator<Response> {
  const { units } = solution.assignment;
  for (let from = 0; from < demands.length; from += chunkMax) {
    const value = {
      demands: bytesOf(demands.subarray(from, from + chunkMax)),
      supplies: bytesOf(supplies.subarray(from, from + chunkMax)),
      units: bytesOf(units.subarray(from, from + chunkMax)),
    };
    yield { part: { case: "pairs", value } };
  }
}

function* pricesOf(side: Plan_Side, prices: ArrayLike<number>): Generator<Response> {
  const column = Float64Array.from(prices);
  for (let first = 0; first < column.length; first += chunkMax) {
    const value = { side, first, prices: bytesOf(column.subarray(first, first + chunkMax)) };
    yield { part: { case: "prices", value } };
  }
}

function bytesOf(column: Uint32Array | Int32Array | Float64Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(column.buffer as ArrayBuffer, column.byteOffset, column.byteLength);
}
