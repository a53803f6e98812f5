import type { Telemetry } from "@marketmesh/telemetry";

/** What happens in identity, for dashboards. Never who. */
export interface IdentityTelemetry {
  exchange(outcome: "ok" | "refused" | "limited", credential: "apiKey" | "idToken"): void;
}

export function identityTelemetry({ metrics }: Telemetry): IdentityTelemetry {
  const exchanges = metrics.counter({
    name: "token_exchanges_total",
    help: "Token exchanges by outcome and kind of credential",
    labels: ["outcome", "credential"],
  });
  return {
    exchange: (outcome, credential) => exchanges.series({ outcome, credential }).add(1),
  };
}
