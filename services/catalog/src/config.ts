import { integer } from "@marketmesh/service-host";

/** What the catalog reads from its environment besides what the host reads. */
export const catalogSettings = {
  watchersMax: integer({
    env: "CATALOG_WATCHERS_MAX",
    unit: "streams",
    fallback: 256,
    min: 1,
    doc: "Callers that watch listings at once; one more is refused.",
  }),
  watchBufferedMax: integer({
    env: "CATALOG_WATCH_BUFFERED_MAX",
    unit: "changes",
    fallback: 1_000,
    min: 1,
    doc: "Changes kept for a watcher that reads slowly; one more cuts it off.",
  }),
  exportsMax: integer({
    env: "CATALOG_EXPORTS_MAX",
    unit: "streams",
    fallback: 3,
    min: 1,
    doc: "Exports of one market that run at once, each on a connection of the app pool; others wait.",
  }),
  exportStallMs: integer({
    env: "CATALOG_EXPORT_STALL_MS",
    unit: "ms",
    fallback: 30_000,
    min: 1,
    doc: "How long a reader may take over one part of an export before it is cut off.",
  }),
};
