import type { HandlerContext } from "@connectrpc/connect";
import type { Database } from "@marketmesh/postgres";
import { callerOf, notAccessible } from "@marketmesh/rpc";
import type { RecentReads } from "@marketmesh/service-host";

/** What handlers share: the database and the service's clock. */
export interface Shell {
  readonly database: Database;
  readonly now: () => Date;
  readonly recent: RecentReads;
}

/** A party writes none of the market's rules, whatever permissions it was given. */
export function refuseParty(context: HandlerContext, resource: string): void {
  if (callerOf(context).reach === "PARTY") throw notAccessible(resource);
}
