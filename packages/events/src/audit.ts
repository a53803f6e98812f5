import { randomUUID } from "node:crypto";
import type { Client } from "@connectrpc/connect";
import type { FeedService } from "@marketmesh/contracts/events/v1";
import type { Database } from "@marketmesh/postgres";
import type { JetStreamManager } from "nats";
import { repair } from "./audit-repair.ts";
import { type AuditKey, type AuditReport, lease, readAudits } from "./audit-store.ts";
import { walk } from "./audit-walk.ts";
import type { OnNotice } from "./notice.ts";
import { backoffMs, wakeUp } from "./wake-up.ts";

const leaseTurns = 3;
const leaseMsMin = 5_000;

/** What the auditor asks of a producer. */
export type Producer = Pick<Client<typeof FeedService>, "listStamped" | "republish">;

/** One subscription to audit, and where to ask. */
export interface AuditSource {
  readonly database: Database;
  readonly manager: JetStreamManager;
  readonly subscription: string;
  /** Who announces. */
  readonly service: string;
  readonly feeds: readonly string[];
  readonly stream: string;
  /** Name of the subscription's consumer at the broker. */
  readonly durable: string;
  readonly producer: () => Producer;
  /** A published event that is not recorded for so long may be a gap. */
  readonly afterMs: number;
  /** About so often it looks. */
  readonly everyMs: number;
  readonly onNotice: OnNotice;
  /** Told after every look, also by a process that did not look itself. */
  readonly onReport: (report: AuditReport) => void;
}

/** One feed of a subscription in the hands of the process that audits it. */
export interface Audit extends Omit<AuditSource, "producer"> {
  readonly key: AuditKey;
  readonly producer: Producer;
}

/**
 * Compares, until the signal aborts, what the producer stamped with what the subscription recorded, and asks for what is
 * missing to be published again. Of all replicas one does it at a time; whatever fails only delays it.
 */
export async function runAudit(source: AuditSource, signal: AbortSignal): Promise<void> {
  const idle = wakeUp();
  const holder = randomUUID();
  for (let failures = 0; !signal.aborted; ) {
    // By chance between half and one and a half periods: replicas and subscriptions don't ask all at once.
    await idle.sleep(
      source.everyMs * (0.5 + Math.random()) + (failures > 0 ? backoffMs(failures) : 0),
      signal,
    );
    if (signal.aborted) return;
    try {
      for (const feed of source.feeds) await auditFeed(source, feed, holder, signal);
      await report(source);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      const attributes = { subscription: source.subscription, error: String(error), failures };
      if (failures > 2) source.onNotice({ level: "warn", message: "auditor waits", attributes });
    }
  }
}

async function auditFeed(
  source: AuditSource,
  feed: string,
  holder: string,
  signal: AbortSignal,
): Promise<void> {
  const { database, subscription, service } = source;
  const key = { subscription, service, feed };
  const leaseMs = Math.max(source.everyMs * leaseTurns, leaseMsMin);
  const state = await database.background((tx) => lease(tx, key, holder, leaseMs));
  if (!state) return;
  const audit: Audit = { ...source, key, producer: source.producer() };
  const { epoch, gaps } = await walk(audit, state, signal);
  if (gaps > 0) await repair(audit, epoch, signal);
}

async function report({ database, subscription, service, feeds, onReport }: AuditSource): Promise<void> {
  const reports = await database.background((tx) => readAudits(tx, subscription), { readOnly: true });
  for (const each of reports) if (each.service === service && feeds.includes(each.feed)) onReport(each);
}
