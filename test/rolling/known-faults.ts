import { randomUUID } from "node:crypto";
import { allOf } from "@marketmesh/cli/job/pages";
import type { Mesh } from "@marketmesh/cli/mesh";
import { Run_State } from "@marketmesh/contracts/fulfillment/v1";
import type { Cluster } from "./cluster.ts";
import { names } from "./load/market.ts";

/**
 * What a release cannot do and later ones can. In 0.2.0 a process's own call to another service that leaves as that one says
 * goodbye ends as INTERNAL: so does the call that it served, and a run that made it is FAULTED until somebody retries it.
 */
export interface KnownFaults {
  /** Whether a process complains of what is known of it. */
  isKnown(complaint: string): boolean;
  /** The calls that failed, but for one for each complaint that is known. */
  unexplained(failed: readonly string[], cluster: Cluster): string[];
  /** Does what an operator of that release does. Answers with how many runs were retried. */
  mend(mesh: Mesh): Promise<number>;
}

const refusedAtGoodbye = "0.2.0";

export function knownFaultsOf(version: string): KnownFaults {
  const refuses = version === refusedAtGoodbye;
  const isKnown = (complaint: string) => refuses && / of N-1 .*REFUSED_STREAM/.test(complaint);
  return {
    isKnown,
    unexplained(failed, { complaints }) {
      let explained = complaints.filter(isKnown).length;
      return failed.filter((call) => !call.includes("[internal]") || explained-- <= 0);
    },
    mend: async (mesh) => (refuses ? retryFaulted(mesh) : 0),
  };
}

async function retryFaulted(mesh: Mesh): Promise<number> {
  const state = Run_State.FAULTED;
  const runs = await allOf(
    (page) => mesh.fulfillment.listRuns({ parent: names.market, state, ...page }),
    (page) => page.runs,
  );
  const known = runs.filter(({ fault }) => fault?.title === "INTERNAL");
  for (const { name } of known) await mesh.fulfillment.retryRun({ name, requestId: randomUUID() });
  return known.length;
}
