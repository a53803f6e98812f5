import { defineMetric } from "@marketmesh/telemetry";

export const tokenExchanges = defineMetric({
  type: "counter",
  name: "token_exchanges_total",
  unit: "{call}",
  help: "Exchanges of a credential for a token",
  labels: { outcome: "`ok`, `refused` or `limited`", credential: "`apiKey` or `idToken`" },
});
