import type { Telemetry } from "@marketmesh/telemetry";
import { tokenExchanges } from "./metrics.ts";

/** What happens in identity, for dashboards. Never who. */
export interface IdentityTelemetry {
  exchange(outcome: "ok" | "refused" | "limited", credential: "apiKey" | "idToken"): void;
}

export function identityTelemetry({ metrics }: Telemetry): IdentityTelemetry {
  const exchanges = metrics.counter(tokenExchanges);
  return {
    exchange: (outcome, credential) => exchanges.series({ outcome, credential }).add(1),
  };
}
