import { atOnce } from "./at-once.ts";
import type { Build } from "./build.ts";
import { type Cluster, replicas } from "./cluster.ts";

const startedAtOnce = 3;

/** Starts services of a build. The first pod of each migrates: there is nothing before it. */
export async function install(cluster: Cluster, build: Build, services: readonly string[]): Promise<void> {
  for (let replica = 0; replica < replicas; replica += 1) {
    await atOnce(startedAtOnce, services, async (service) => {
      await cluster.add(service, build, { migrates: replica === 0 });
    });
  }
}

/**
 * Replaces pods of other builds, one after the other: a replica of every service before the next replica of any, so that both
 * builds serve side by side for as long as can be. Answers with how many.
 */
export async function roll(cluster: Cluster, build: Build, rounds: number = replicas): Promise<number> {
  let rolled = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const service of cluster.services) {
      const old = cluster.podsOf(service).find((pod) => pod.build !== build);
      if (old === undefined) continue;
      await cluster.replace(old, build);
      rolled += 1;
    }
  }
  return rolled;
}
