/** A service of the mesh, as the supervisor runs it: one process. */
export interface ServiceEntry {
  readonly name: string;
  /** The file that Node runs, relative to the checkout. */
  readonly main: string;
  /** Connections to its own database, by role. */
  readonly appPoolMax: number;
  readonly backgroundPoolMax: number;
  /** Those that its job queue has besides; default 0. */
  readonly jobsPoolMax?: number;
  /** Cap of V8's old space. Beyond it the process dies and is restarted. */
  readonly heapMb: number;
}

/**
 * `max_connections` of the Postgres that we start: room for two replicas each of eligibility, scoring, allocation and
 * fulfillment too.
 */
export const MAX_CONNECTIONS = 220;

/**
 * Every service of the mesh, each after those that it calls or listens to: a backup copies them the other way round, so that none
 * holds the effect of what its producer's copy does not have. All pools together take at most 80 % of the connections; a test adds
 * them up.
 */
export const SERVICES: readonly ServiceEntry[] = [
  entry("identity", { appPoolMax: 6, backgroundPoolMax: 2, heapMb: 256 }),
  entry("catalog", { appPoolMax: 12, backgroundPoolMax: 8, heapMb: 512 }),
  entry("eligibility", { appPoolMax: 6, backgroundPoolMax: 6, heapMb: 1024 }),
  entry("scoring", { appPoolMax: 6, backgroundPoolMax: 6, heapMb: 1024 }),
  entry("allocation", { appPoolMax: 16, backgroundPoolMax: 8, heapMb: 1024 }),
  entry("fulfillment", { appPoolMax: 6, backgroundPoolMax: 5, jobsPoolMax: 3, heapMb: 512 }),
];

function entry(name: string, limits: Omit<ServiceEntry, "name" | "main">): ServiceEntry {
  return { name, main: `services/${name}/src/main.ts`, ...limits };
}

/** Connections that the services may open at the same time. */
export function connectionsMax(services: readonly ServiceEntry[]): number {
  return services.reduce(
    (sum, { appPoolMax, backgroundPoolMax, jobsPoolMax = 0 }) =>
      sum + appPoolMax + backgroundPoolMax + jobsPoolMax,
    0,
  );
}

/** Connections that a server of somebody else's must allow: all pools, a session per relay, and a few to look in with. */
export function connectionsNeeded(services: readonly ServiceEntry[]): number {
  return connectionsMax(services) + services.length + 3;
}
