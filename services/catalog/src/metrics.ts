import { defineMetric } from "@marketmesh/telemetry";

export const importRows = defineMetric({
  type: "counter",
  name: "catalog_import_rows_total",
  unit: "{row}",
  help: "Rows of imports",
  labels: { end: "`created`, `updated`, `unchanged` or `refused`" },
});

export const watchesEnded = defineMetric({
  type: "counter",
  name: "catalog_watches_ended_total",
  unit: "{stream}",
  help: "Watches that ended",
  labels: { why: "`left`, `slow` (its reader) or `interrupted`" },
});

export const partyKeysDropped = defineMetric({
  type: "counter",
  name: "catalog_party_keys_dropped_total",
  unit: "{key}",
  help: "Cached keys of parties that were dropped because the party was erased",
});

export const personalUnreadable = defineMetric({
  type: "counter",
  name: "catalog_personal_unreadable_total",
  unit: "{listing}",
  help: "Sealed attributes that did not open under their owner's key",
});
