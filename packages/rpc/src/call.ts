import { AsyncLocalStorage } from "node:async_hooks";
import type { Caller } from "./caller.ts";

/** The call that is being served now: what travels by itself into calls that it makes. */
export interface Call {
  /** The service that serves it. */
  readonly service: string;
  /** `marketmesh.catalog.v1.CatalogService/GetListing`. */
  readonly method: string;
  readonly requestId: string;
  readonly caller: Caller;
  /** The end caller's own token, to go along with calls made on its behalf; empty when a service calls for itself. */
  readonly callerToken: string;
  /** Milliseconds since the epoch by the local clock. */
  readonly deadlineMs: number;
  /** Aborted when the deadline passes, the client leaves or the call is done. */
  readonly signal: AbortSignal;
}

const storage = new AsyncLocalStorage<Call>();

/** The call that the current code serves; undefined in background loops and at start. */
export function currentCall(): Call | undefined {
  return storage.getStore();
}

/** Runs `work` as part of a call. */
export function withCall<T>(call: Call, work: () => T): T {
  return storage.run(call, work);
}
