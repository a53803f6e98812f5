import { Code, type ConnectError } from "@connectrpc/connect";
import { problem } from "../problem.ts";
import type { MethodPlan } from "./method-plan.ts";

/** How many calls a server handles at once; streams live long and are counted apart. */
export interface LoadLimits {
  readonly callsMax: number;
  readonly streamsMax: number;
}

/** Counts calls in flight and refuses the one too many, early. */
export interface Load {
  /** Counts the call; throws RESOURCE_EXHAUSTED (OVERLOADED) when there are too many. It counts until `leave` either way. */
  enter(plan: MethodPlan, domain: string): void;
  leave(plan: MethodPlan): void;
  readonly calls: number;
  readonly streams: number;
}

/** The refusal of a call that is one too many. */
export function overloaded(domain: string, callsMax: number): ConnectError {
  return problem(Code.ResourceExhausted, "OVERLOADED", "the server handles as many calls as it can", {
    domain,
    metadata: { callsMax: String(callsMax) },
    retryAfterMs: 100,
  });
}

export function load(limits: LoadLimits): Load {
  let calls = 0;
  let streams = 0;
  return {
    enter(plan, domain) {
      const full = plan.unary ? calls >= limits.callsMax : streams >= limits.streamsMax;
      if (plan.unary) calls += 1;
      else streams += 1;
      if (!full) return;
      const callsMax = plan.unary ? limits.callsMax : limits.streamsMax;
      throw overloaded(domain, callsMax);
    },
    leave(plan) {
      if (plan.unary) calls -= 1;
      else streams -= 1;
    },
    get calls() {
      return calls;
    },
    get streams() {
      return streams;
    },
  };
}
