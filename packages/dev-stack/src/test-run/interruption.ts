import { Socket } from "node:net";

/** What ends a run before its time: a signal, or the end of whoever started it. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export function listenForInterruption(): Interruption {
  const interrupted = new AbortController();
  const abort = () => interrupted.abort();
  for (const signal of SIGNALS) process.on(signal, abort);
  const parent = watchParent(abort);
  return {
    signal: interrupted.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, abort);
      parent?.destroy();
    },
  };
}

/** The bootstrap holds the other end; who is killed cannot tell us otherwise. */
function watchParent(gone: () => void): Socket | undefined {
  const fd = Number(process.env.MARKETMESH_PARENT_FD);
  delete process.env.MARKETMESH_PARENT_FD; // what we start has no such descriptor
  if (!fd) return undefined;
  const parent = new Socket({ fd, readable: true, writable: false });
  for (const event of ["end", "error"] as const) parent.on(event, gone);
  parent.resume();
  parent.unref();
  return parent;
}
