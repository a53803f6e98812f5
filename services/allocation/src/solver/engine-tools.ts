import { type AllocationTools, loadPackingSolver } from "@marketmesh/allocation-engine";

let loaded: Promise<AllocationTools> | undefined;

/** What the engine may use beside a plan: the same for rounds, replays and graphs that are sent. Loaded once in each thread. */
export function engineTools(): Promise<AllocationTools> {
  loaded ??= loadPackingSolver().then(
    (search) => ({ search }),
    (error: unknown) => {
      loaded = undefined;
      throw error;
    },
  );
  return loaded;
}

interface Hardness {
  readonly strategy: string;
  readonly unitMode: "SPREAD" | "WHOLE";
  /** Limits of groups. */
  readonly unitLimits: readonly unknown[];
  readonly shares?: readonly unknown[];
}

/** Whether solving may need a search, which takes as long as it takes however small the graph is: never on the event loop. */
export function maySearch({ strategy, shares = [], unitMode, unitLimits }: Hardness): boolean {
  const isBest = strategy === "OPTIMAL" || strategy === "FAIR" || strategy === "EXPECTED";
  return isBest && (unitMode === "WHOLE" || unitLimits.length > 0 || shares.length > 0);
}
