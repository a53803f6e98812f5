import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest, as they are to begin: a long one that begins last has the other cores to itself. What keeps a core
 * busy stands between what mostly waits. Seconds on two quiet cores, for the reader.
 */
export const LONGEST: readonly string[] = [
  "test/faults/faults.test.ts", // 210
  "test/fuzz/fuzz.test.ts", // 180
  "packages/events/test/outage.test.ts", // 33, waiting
  "test/rolling/rolling.test.ts", // 120
  "test/faults/allocation-ledger.test.ts", // 80
  "packages/events/test/work.test.ts", // 28, waiting
  "test/journeys/main-job.test.ts", // 48
  "packages/events/test/audit.test.ts", // 26, waiting
  "test/backup/drill.test.ts", // 36
  "packages/events/test/damage.test.ts", // 23, waiting
  "test/readiness/new-service.test.ts", // 30
  "test/image/image.test.ts", // 28
  "services/identity/test/erasure-stream.test.ts", // 18, waiting
  "test/terraform/aws.test.ts", // 27
  "packages/dev-stack/test/supervisor.test.ts", // 18, waiting
  "test/observability/rules.test.ts", // 23
  "test/observability/scrape.test.ts", // 23
  "services/allocation/test/round-policy.test.ts", // 20
  "services/allocation/test/offer-waves.test.ts", // 18
  "services/fulfillment/test/crashes.test.ts", // 16
  "services/allocation/test/allocate-now.test.ts", // 15
  "test/foreign/browser.test.ts", // 14
  "services/allocation/test/offers.test.ts", // 13
  "test/foreign/grpc-js.test.ts", // 13
  "test/journeys/real-input.test.ts", // 13
  "services/fulfillment/test/tasks.test.ts", // 13
  "test/upgrade/upgrade.test.ts", // 13
  "services/allocation/test/outcomes.test.ts", // 12
  "services/allocation/test/counter-offers.test.ts", // 11
  "test/chart/objects.test.ts", // 11
  "packages/postgres/test/connection.test.ts", // 11
];

/** vitest's sequencer: the longest files first, then the others by project; the shared workers of the units come last. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranks = new Map(LONGEST.map((path, rank) => [path, rank]));
    const rankOf = ({ moduleId, project }: TestSpecification) =>
      ranks.get(moduleId.slice(project.vitest.config.root.length + 1)) ?? LONGEST.length;
    const others = [...(await super.sort(files))].sort(
      (left, right) => Number(right.project.config.isolate) - Number(left.project.config.isolate),
    );
    return others.sort((left, right) => rankOf(left) - rankOf(right));
  }
}
