import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** How a server keeps its queues short. */
export interface AdmissionLimits {
  /** Milliseconds that calls may wait in a queue (event loop, database pool) all the time; 0 turns admission off. */
  readonly queueDelayMs: number;
  /** Calls at once that are never refused for delay. */
  readonly callsMin: number;
  readonly callsMax: number;
}

/**
 * A limit on calls at once that finds itself. What costs latency is time in queues, so that is what it looks at, not at how
 * long calls take: methods differ. Every tenth of a second it asks for the *least* delay of the time since: a burst leaves
 * gaps, and only a queue that never ran empty is one that calls stand in for nothing (CoDel). Then the limit falls by a
 * fifth of what was really in flight; while it binds without such a queue it grows by a twentieth (AIMD); when it does
 * not bind for a while it goes away.
 */
export interface Admission {
  /** Whether one more call may begin. A unary one that may counts until `leave`; streams live long and do not count. */
  enter(unary: boolean): boolean;
  leave(): void;
  /** A transaction waited so long for a connection. */
  waited(ms: number): void;
  /** Calls at once; `callsMax` while nothing is wrong. */
  readonly limit: number;
  close(): void;
}

const everyMs = 100;
const decrease = 0.8;
const increase = 1.05;
/** A process that was stopped for a moment sees one such look; a queue that stands is there at the next as well. */
const queuedLooksMin = 2;
/** So many quiet looks in a row, and the limit is gone. */
const quietLooksMax = 30;
const resolutionMs = 5;

/** Looks at the event loop: tells the least delay of each tenth of a second, until what it returns is called. */
export type Watch = (look: (leastDelayMs: number) => void) => () => void;

/**
 * An admission that looks at this process's event loop by itself, from a call on until nothing has happened for a while: the
 * timers of looking wake a process three hundred times a second.
 */
export function openAdmission(limits: AdmissionLimits, watch: Watch = watchEventLoop): Admission {
  if (limits.queueDelayMs === 0) return unlimited(limits.callsMax);
  const control = admissionControl(limits);
  let stop: (() => void) | undefined;
  const close = () => {
    stop?.();
    stop = undefined;
  };
  return {
    enter(unary) {
      stop ??= watch((leastDelayMs) => {
        control.look(leastDelayMs);
        if (control.idle) close();
      });
      return control.enter(unary);
    },
    leave: control.leave,
    waited: control.waited,
    get limit() {
      return control.limit;
    },
    close,
  };
}

function watchEventLoop(look: (leastDelayMs: number) => void): () => void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const timer = setInterval(() => look(leastDelayMs(delay)), everyMs).unref();
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}

// The histogram holds the time between ticks of a timer; without any tick the loop has not turned since.
function leastDelayMs(delay: IntervalHistogram): number {
  const leastMs = delay.count === 0 ? everyMs : delay.min / 1e6 - resolutionMs;
  delay.reset();
  return Math.max(0, leastMs);
}

/** The limit itself, without a clock: `look` ends a tenth of a second in which the loop was at least so late. */
export function admissionControl(limits: AdmissionLimits) {
  const { queueDelayMs, callsMin, callsMax } = limits;
  let limit = callsMax;
  let calls = 0;
  let most = 0;
  let leastWaitMs = Number.POSITIVE_INFINITY;
  let quietLooks = 0;
  let queuedLooks = 0;
  return {
    enter(unary: boolean): boolean {
      // What is refused tells that the limit binds.
      most = Math.max(most, calls + 1);
      if (calls >= limit) return false;
      if (unary) calls += 1;
      return true;
    },
    leave(): void {
      calls -= 1;
    },
    waited(ms: number): void {
      leastWaitMs = Math.min(leastWaitMs, ms);
    },
    look(loopDelayMs: number): void {
      const waitMs = leastWaitMs === Number.POSITIVE_INFINITY ? 0 : leastWaitMs;
      const queued = Math.max(loopDelayMs, waitMs) > queueDelayMs;
      const binds = most > limit;
      quietLooks = queued || binds ? 0 : quietLooks + 1;
      queuedLooks = queued ? queuedLooks + 1 : 0;
      if (queuedLooks >= queuedLooksMin)
        limit = Math.max(callsMin, Math.floor(Math.min(limit, most) * decrease));
      else if (binds && !queued) limit = Math.min(callsMax, Math.ceil(limit * increase));
      else if (quietLooks >= quietLooksMax) limit = callsMax;
      most = calls;
      leastWaitMs = Number.POSITIVE_INFINITY;
    },
    get limit() {
      return limit;
    },
    /** No call is there, and for so long there was nothing to see that looking may end. */
    get idle() {
      return calls === 0 && quietLooks >= quietLooksMax;
    },
  };
}

function unlimited(callsMax: number): Admission {
  return { enter: () => true, leave: () => {}, waited: () => {}, limit: callsMax, close: () => {} };
}
