import type { Tx } from "@marketmesh/postgres";
import type { Announcement } from "./announcement.ts";

/**
 * Announces facts in the transaction that makes them true: one statement for all of them.
 *
 * Call it after the aggregates' row locks are held, so that outbox ids ascend per aggregate.
 */
export declare function announce(tx: Tx, facts: readonly Announcement[]): Promise<void>;
