import type { Host } from "@marketmesh/service-host";
import type { ImportCounts } from "./domain/import.ts";
import { importRows, partyKeysDropped, personalUnreadable, watchesEnded } from "./metrics.ts";

/** What operators see of the catalog's work; never a value of a listing. */
export interface Telemetry {
  /** A chunk moved an import from one count of rows to another. */
  rowsImported(from: ImportCounts, to: ImportCounts): void;
  watchEnded(why: "left" | "slow" | "interrupted"): void;
  partyKeyDropped(): void;
  /** Sealed attributes did not open under their owner's key. */
  personalUnreadable(market: string, listing: string): void;
}

export function telemetryOf({ telemetry: { metrics }, log }: Pick<Host, "telemetry" | "log">): Telemetry {
  const rows = metrics.counter(importRows);
  const watches = metrics.counter(watchesEnded);
  const erased = metrics.counter(partyKeysDropped);
  const unreadable = metrics.counter(personalUnreadable);
  return {
    rowsImported(from, to) {
      for (const end of ["created", "updated", "unchanged", "refused"] as const) {
        if (to[end] > from[end]) rows.series({ end }).add(to[end] - from[end]);
      }
    },
    watchEnded(why) {
      watches.series({ why }).add(1);
      if (why !== "left") log.warn("a watch was cut off", { why });
    },
    partyKeyDropped() {
      erased.series({}).add(1);
    },
    personalUnreadable(market, listing) {
      unreadable.series({}).add(1);
      log.error("personal attributes did not open", { listing: `markets/${market}/listings/${listing}` });
    },
  };
}
