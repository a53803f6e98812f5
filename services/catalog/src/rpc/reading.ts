import type { TransactionOptions } from "@marketmesh/postgres";

/** How a call reads: from a replica, where there is one, while the primary is away. */
export const reading = {
  readOnly: true,
  mayRepeat: true,
  readFrom: "PRIMARY_ELSE_REPLICA",
} as const satisfies TransactionOptions;
