import { Logger } from "graphile-worker";

/** Jobs fail in ways that we count and log ourselves; what the queue itself has to say is a warning at least. */
export const quietLogger = new Logger(() => () => {});

/** Passes warnings and errors of the queue on, until the service stops: then it complains of being stopped. */
export function jobLogger(
  write: (level: "warn" | "error", message: string) => void,
  signal: AbortSignal,
): Logger {
  return new Logger(() => (level, message) => {
    if (signal.aborted) return;
    if (level === "error") write("error", message);
    // A job in hand needs a connection only to be taken and to be completed, and that goes by the batch.
    else if (level === "warning" && !message.includes("maxPoolSize")) write("warn", message);
  });
}
