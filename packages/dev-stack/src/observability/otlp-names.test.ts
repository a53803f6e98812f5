import { type MetricDefinition, metricPrefix } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { definedMetrics } from "../metrics-table.ts";

/** Prometheus' names of OTLP's units; what stands in braces is a note and no unit. */
const unitNames: Readonly<Record<string, string>> = { s: "seconds", By: "bytes" };

/**
 * The name that Prometheus gives to what comes over OTLP (UnderscoreEscapingWithSuffixes, its default): the unit, `_ratio` for a gauge
 * of unit 1 and `_total` for a counter are put at the end unless they are there.
 * Source: prometheus/otlptranslator, metric_namer.go.
 */
function nameOverOtlp({ name, unit, type }: MetricDefinition): string {
  let words = `${metricPrefix}${name}`.split("_");
  const append = (word: string) => {
    words = [...words.filter((one) => one !== word), word];
  };
  const unitName = unitNames[unit];
  if (unitName !== undefined && !words.includes(unitName)) append(unitName);
  if (type === "counter") append("total");
  if (type === "gauge" && unit === "1") append("ratio");
  return words.join("_");
}

test("a metric has one name, whether it is scraped or sent over OTLP", async () => {
  const all = (await definedMetrics()).flatMap(({ metrics }) => metrics);
  expect(all.length).toBeGreaterThan(60);
  expect(all.map(nameOverOtlp)).toEqual(all.map(({ name }) => metricPrefix + name));
  const units = new Set(all.map(({ unit }) => unit).filter((unit) => !unit.startsWith("{")));
  expect([...units].sort()).toEqual(["1", "By", "s"]);
});
