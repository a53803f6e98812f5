import { columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** What is audited: one feed of one subscription. */
export interface AuditKey {
  readonly subscription: string;
  /** Who announces. */
  readonly service: string;
  readonly feed: string;
}

/** How far the audit is. */
export interface AuditState {
  /** 0 before the first look. */
  readonly epoch: bigint;
  /** Up to here each position is recorded, a gap, or lost. */
  readonly auditedTo: bigint;
}

/** What operators see of an audit. */
export interface AuditReport extends AuditKey, AuditState {
  readonly lastSeq: bigint;
  readonly gaps: number;
  readonly oldestGapMs: number | undefined;
  readonly repaired: bigint;
  readonly lost: bigint;
  readonly auditMs: number | undefined;
}

/** A position that is missing. */
export interface Gap {
  readonly feedSeq: bigint;
  /** When the broker had it, in ms since 1970. */
  readonly publishMs: number;
}

/** Takes or keeps the lease of an audit; undefined while another process holds it. */
export async function lease(
  tx: Tx,
  key: AuditKey,
  holder: string,
  leaseMs: number,
): Promise<AuditState | undefined> {
  const [row] = await tx.execute<{ feed_epoch: string; audited_to: string }>(sql`
    insert into marketmesh.feed_audits as a (subscription, service, feed, lease_holder, lease_expire_time)
    values (${key.subscription}, ${key.service}, ${key.feed}, ${holder}, now() + ${leaseMs} * interval '1 ms')
    on conflict (subscription, service, feed) do update
    set lease_holder = excluded.lease_holder, lease_expire_time = excluded.lease_expire_time
    where a.lease_holder = excluded.lease_holder or a.lease_expire_time < now()
    returning feed_epoch, audited_to`);
  return row && { epoch: BigInt(row.feed_epoch), auditedTo: BigInt(row.audited_to) };
}

/** The positions of a range, both ends included, that the subscription has not recorded; ascending. */
export async function unrecorded(
  tx: Tx,
  key: AuditKey,
  epoch: bigint,
  from: bigint,
  to: bigint,
): Promise<bigint[]> {
  const rows = await tx.execute<{ seq: string }>(sql`
    select seq from generate_series(${from}::bigint, ${to}::bigint) seq
    where not exists (select from marketmesh.inbox i
      where i.subscription = ${key.subscription} and i.service = ${key.service} and i.feed = ${key.feed}
        and i.feed_epoch = ${epoch} and i.feed_seq = seq)
    order by seq`);
  return rows.map((row) => BigInt(row.seq));
}

/** How many positions of a range of any size are not recorded. */
export async function countUnrecorded(
  tx: Tx,
  key: AuditKey,
  epoch: bigint,
  from: bigint,
  to: bigint,
): Promise<bigint> {
  const [row] = await tx.execute<{ recorded: string }>(sql`
    select count(distinct feed_seq) as recorded from marketmesh.inbox
    where subscription = ${key.subscription} and service = ${key.service} and feed = ${key.feed}
      and feed_epoch = ${epoch} and feed_seq between ${from} and ${to}`);
  return to - from + 1n - BigInt(row?.recorded ?? 0);
}

/** How many positions are being asked for. */
export async function countGaps(tx: Tx, key: AuditKey): Promise<number> {
  const [row] = await tx.execute<{ gaps: number }>(
    sql`select count(*)::int as gaps from marketmesh.feed_gaps where ${isKey(key)}`,
  );
  return row?.gaps ?? 0;
}

/** What one look found. */
export interface Findings extends AuditState {
  readonly lastSeq: bigint;
  readonly gaps: readonly Gap[];
  readonly lost: bigint;
}

/** Saves what a look found, with the position it reached: both or neither. Returns how many gaps are new. */
export async function saveFindings(tx: Tx, key: AuditKey, found: Findings): Promise<number> {
  let fresh = 0;
  if (found.gaps.length > 0) {
    const given = columns(found.gaps, {
      feed_seq: ["bigint", (gap) => gap.feedSeq],
      publish_time: ["timestamptz", (gap) => new Date(gap.publishMs)],
    });
    const inserted = await tx.execute(sql`
      insert into marketmesh.feed_gaps (subscription, service, feed, feed_epoch, feed_seq, publish_time)
      select ${key.subscription}, ${key.service}, ${key.feed}, ${found.epoch}, feed_seq, publish_time from ${given}
      on conflict do nothing`);
    fresh = inserted.count;
  }
  await tx.execute(sql`update marketmesh.feed_audits
    set audited_to = greatest(audited_to, ${found.auditedTo}), last_seq = ${found.lastSeq}, lost = lost + ${found.lost},
      audit_time = now()
    where ${isKey(key)} and feed_epoch = ${found.epoch}`);
  return fresh;
}

/** Begins at a place, forgetting the gaps of other epochs. */
export async function beginAt(tx: Tx, key: AuditKey, { epoch, auditedTo }: AuditState): Promise<void> {
  await tx.execute(sql`update marketmesh.feed_audits set feed_epoch = ${epoch}, audited_to = ${auditedTo}
    where ${isKey(key)}`);
  await tx.execute(sql`delete from marketmesh.feed_gaps where ${isKey(key)} and feed_epoch <> ${epoch}`);
}

/** Closes the gaps that are recorded by now; returns how many of them had been asked for. */
export async function closeGaps(tx: Tx, key: AuditKey): Promise<number> {
  const [row] = await tx.execute<{ repaired: number }>(sql`
    with closed as (
      delete from marketmesh.feed_gaps g where ${isKey(key)} and exists (select from marketmesh.inbox i
        where i.subscription = g.subscription and i.service = g.service and i.feed = g.feed
          and i.feed_epoch = g.feed_epoch and i.feed_seq = g.feed_seq)
      returning attempts),
    counted as (select count(*) as repaired from closed where attempts > 0)
    update marketmesh.feed_audits a set repaired = a.repaired + counted.repaired from counted
    where ${isKey(key)} returning counted.repaired::int as repaired`);
  return row?.repaired ?? 0;
}

/** Gaps that may be asked for now, ascending. */
export async function dueGaps(tx: Tx, key: AuditKey, gapsMax: number): Promise<bigint[]> {
  const rows = await tx.execute<{ feed_seq: string }>(sql`select feed_seq from marketmesh.feed_gaps
    where ${isKey(key)} and next_attempt_time <= now() order by feed_seq limit ${gapsMax}`);
  return rows.map((row) => BigInt(row.feed_seq));
}

/** Notes that gaps were asked for, or (`asked` false) only looked at; the next time is ever later, at most an hour. */
export async function postpone(
  tx: Tx,
  key: AuditKey,
  feedSeqs: readonly bigint[],
  { asked, afterMs }: { readonly asked: boolean; readonly afterMs: number },
): Promise<void> {
  if (feedSeqs.length === 0) return;
  await tx.execute(sql`update marketmesh.feed_gaps
    set attempts = attempts + ${asked ? 1 : 0}, next_attempt_time = now() + (0.75 + random() / 2)
      * least(${afterMs} * power(2, least(attempts, 20)), 3600000) * interval '1 ms'
    where ${isKey(key)} and feed_seq = any(${listOf(feedSeqs)})`);
}

/** Gives gaps up that nobody can fill any more. */
export async function giveUp(tx: Tx, key: AuditKey, feedSeqs: readonly bigint[]): Promise<void> {
  if (feedSeqs.length === 0) return;
  const gone = await tx.execute(sql`delete from marketmesh.feed_gaps
    where ${isKey(key)} and feed_seq = any(${listOf(feedSeqs)})`);
  await tx.execute(sql`update marketmesh.feed_audits set lost = lost + ${gone.count} where ${isKey(key)}`);
}

export async function readAudits(tx: Tx, subscription: string): Promise<AuditReport[]> {
  const rows = await tx.execute<AuditRow>(sql`
    select a.subscription, a.service, a.feed, a.feed_epoch, a.audited_to, a.last_seq, a.repaired, a.lost,
      (extract(epoch from a.audit_time) * 1000)::bigint as audit_ms, gaps.count as gaps,
      (extract(epoch from gaps.oldest) * 1000)::bigint as oldest_ms
    from marketmesh.feed_audits a cross join lateral (
      select count(*)::int as count, min(publish_time) as oldest from marketmesh.feed_gaps g
      where g.subscription = a.subscription and g.service = a.service and g.feed = a.feed) gaps
    where ${subscription} in ('', a.subscription) order by a.subscription, a.service, a.feed limit 1000`);
  return rows.map(reportOf);
}

interface AuditRow extends Record<string, unknown> {
  readonly subscription: string;
  readonly service: string;
  readonly feed: string;
  readonly feed_epoch: string;
  readonly audited_to: string;
  readonly last_seq: string;
  readonly repaired: string;
  readonly lost: string;
  readonly audit_ms: string | null;
  readonly gaps: number;
  readonly oldest_ms: string | null;
}

function reportOf(row: AuditRow): AuditReport {
  return {
    subscription: row.subscription,
    service: row.service,
    feed: row.feed,
    epoch: BigInt(row.feed_epoch),
    auditedTo: BigInt(row.audited_to),
    lastSeq: BigInt(row.last_seq),
    gaps: row.gaps,
    oldestGapMs: row.oldest_ms === null ? undefined : Number(row.oldest_ms),
    repaired: BigInt(row.repaired),
    lost: BigInt(row.lost),
    auditMs: row.audit_ms === null ? undefined : Number(row.audit_ms),
  };
}

function isKey({ subscription, service, feed }: AuditKey) {
  return sql`subscription = ${subscription} and service = ${service} and feed = ${feed}`;
}

function listOf(feedSeqs: readonly bigint[]) {
  return sql`cast(${`{${feedSeqs.join(",")}}`} as bigint[])`;
}
