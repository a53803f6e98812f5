import type { MethodObjective } from "./objectives.ts";

/** One objective of one service, over all methods that share it: what Sloth calls an SLO. */
export interface Slo {
  /** `catalog-availability-99.9` */
  readonly id: string;
  readonly service: string;
  /** `availability-99.9`, `latency-99` */
  readonly name: string;
  readonly kind: "availability" | "latency";
  /** The share of calls that must be good, in millionths. */
  readonly objectiveMillionths: number;
  readonly methods: readonly MethodObjective[];
}

/** Of the calls that were answered, this share must be within the method's own latency. */
const latencyMillionths = 990_000;

/**
 * Methods by service and objective class. Availability has one class for each stated value; latency has one class a service, in
 * which each method is held to its own bound, because the share is the same for all.
 */
export function slosOf(objectives: readonly MethodObjective[]): Slo[] {
  const services = [...new Set(objectives.map(({ service }) => service))];
  return services.flatMap((service) => {
    const own = objectives.filter((objective) => objective.service === service);
    const shares = new Set(own.map((o) => o.availabilityMillionths).filter((share) => share > 0));
    const availability = [...shares]
      .sort((left, right) => left - right)
      .map((share) =>
        sloOf(
          service,
          "availability",
          share,
          own.filter((o) => o.availabilityMillionths === share),
        ),
      );
    const bounded = own.filter(({ latencyP99Ms }) => latencyP99Ms > 0);
    return bounded.length === 0
      ? availability
      : [...availability, sloOf(service, "latency", latencyMillionths, bounded)];
  });
}

function sloOf(
  service: string,
  kind: Slo["kind"],
  objectiveMillionths: number,
  methods: readonly MethodObjective[],
): Slo {
  const name = `${kind}-${objectiveMillionths / 10_000}`;
  return { id: `${service}-${name}`, service, name, kind, objectiveMillionths, methods };
}

/** The share of calls that may be bad, exactly as it is written into a rule: `0.0005`. */
export function budgetOf({ objectiveMillionths }: Slo): string {
  return String((1_000_000 - objectiveMillionths) / 1_000_000);
}
