import { type ConfigSpec, integer, text } from "@marketmesh/service-host";

export interface AllocationConfig {
  readonly roundLeaseMs: number;
  readonly demandsPerCall: number;
  readonly pairsPerCommit: number;
  readonly roundTimersPollMs: number;
  readonly expiryPollMs: number;
  readonly measureEveryMs: number;
  readonly release: string;
}

export const allocationConfig: ConfigSpec<AllocationConfig> = {
  roundLeaseMs: integer({
    env: "ALLOCATION_ROUND_LEASE_MS",
    doc: "How long a round waits for a worker that went silent before another takes it on. A worker renews its lease four times as often.",
    unit: "ms",
    fallback: 8_000,
    min: 1_000,
    max: 600_000,
  }),
  demandsPerCall: integer({
    env: "ALLOCATION_ROUND_DEMANDS_PER_CALL",
    doc: "Demands that a round filters and ranks in one call.",
    unit: "demands",
    fallback: 500,
    min: 1,
    max: 1_000,
  }),
  pairsPerCommit: integer({
    env: "ALLOCATION_ROUND_PAIRS_PER_COMMIT",
    doc: "Pairs that a round holds in one transaction.",
    unit: "pairs",
    fallback: 2_000,
    min: 1,
    max: 5_000,
  }),
  roundTimersPollMs: integer({
    env: "ALLOCATION_ROUND_TIMERS_POLL_MS",
    doc: "How often rounds that are due and approvals that nobody gave are looked for.",
    unit: "ms",
    fallback: 1_000,
    min: 10,
    max: 60_000,
  }),
  expiryPollMs: integer({
    env: "ALLOCATION_EXPIRY_POLL_MS",
    doc: "How often due holds of markets with the real clock are looked for, besides when one is known to be due.",
    unit: "ms",
    fallback: 500,
    min: 10,
    max: 60_000,
  }),
  measureEveryMs: integer({
    env: "ALLOCATION_MEASURE_EVERY_MS",
    doc: "How often holds, fill rate and time to fill are counted for the metrics.",
    unit: "ms",
    fallback: 15_000,
    min: 10,
    max: 600_000,
  }),
  release: text({
    env: "MARKETMESH_RELEASE",
    doc: "Version and commit that run, kept with each decision. Images and npm start set it.",
    fallback: "unknown",
  }),
};
