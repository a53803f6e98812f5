import type { HandlerContext } from "@connectrpc/connect";
import { formatName, namePatterns } from "@marketmesh/contracts";
import { callerOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { Policy } from "../domain/policy.ts";
import { findPolicy } from "../storage/policy-store.ts";
import { policyNotFound } from "./problem.ts";
import type { Shell } from "./shell.ts";

/**
 * A policy at a version (0: the current one) as the caller sees it. The current version is read from the database each time, so that
 * every replica sees a new one at once; while the database is away it is the one that was read last.
 */
export async function readPolicy(
  shell: Shell,
  context: HandlerContext,
  { market, policy: id }: { readonly market: string; readonly policy: string },
  version: bigint,
): Promise<Policy> {
  const caller = callerOf(context);
  const name = formatName(namePatterns.policy, { market, policy: id });
  // Row security shows a market's policies to all that may work in it, whoever they are.
  return await shell.recent.read(`${name}@${version}`, async () => {
    // Not from a replica: what is in memory may be newer, and has a bound to its age.
    const policy = await read(shell, context, market, (tx) => findPolicy(tx, market, id, version), {
      readFrom: "PRIMARY",
    });
    if (policy === undefined) throw policyNotFound(name, version, caller);
    return policy;
  });
}
