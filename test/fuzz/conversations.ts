import { create, type Message } from "@bufbuild/protobuf";
import { Plan_Strategy, SolveRequestSchema } from "@marketmesh/contracts/allocation/v1";
import type { Draft } from "./build-message.ts";

type Conversation = (draft: Draft) => Message[];

/** Client streams whose messages make sense in one order only, by method. */
const conversations: Readonly<Record<string, Conversation>> = { Solve: smallGraph };

/** The messages of a valid call of a method; undefined where each message of it stands by itself. */
export function conversationOf(method: string, draft: Draft): Message[] | undefined {
  return Object.hasOwn(conversations, method) ? conversations[method]?.(draft) : undefined;
}

function smallGraph({ random, market }: Draft): Message[] {
  const [demands, supplies] = [1 + random.int(4), 1 + random.int(4)];
  const pairs = Array.from({ length: demands * supplies }, (_, at) => at).filter(() => random.chance(0.7));
  const score = () => random.int(1_000_000);
  const strategies = [
    Plan_Strategy.DEFERRED_ACCEPTANCE,
    Plan_Strategy.GREEDY,
    Plan_Strategy.OPTIMAL,
    Plan_Strategy.EXPECTED,
    Plan_Strategy.LOTTERY,
  ];
  const plan = { strategy: random.pick(strategies), seed: random.int(100), withPrices: random.chance(0.5) };
  const nodes = (count: number) => ({
    capacities: column(Array.from({ length: count }, () => random.int(4))),
  });
  const edges = {
    demands: column(pairs.map((at) => Math.floor(at / supplies))),
    supplies: column(pairs.map((at) => at % supplies)),
    demandScores: column(pairs.map(score)),
    supplyScores: column(pairs.map(score)),
    acceptances: column(pairs.map(score)),
  };
  return [
    create(SolveRequestSchema, { parent: `markets/${market}`, part: { case: "plan", value: plan } }),
    create(SolveRequestSchema, { part: { case: "demands", value: nodes(demands) } }),
    create(SolveRequestSchema, { part: { case: "supplies", value: nodes(supplies) } }),
    create(SolveRequestSchema, { part: { case: "edges", value: edges } }),
  ];
}

/** Numbers of 4 bytes, little-endian. */
function column(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(numbers).buffer);
}
