import { TimestampSchema, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Envelope, FeedAudit } from "@marketmesh/contracts/events/v1";
import { columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { JetStreamManager } from "nats";
import { announce, type Events, fact } from "../src/index.ts";
import { type Mesh, operator, type Thing, until } from "./mesh.ts";

/** An auditor that is in a hurry. */
export const hasty = { auditAfterMs: 300, auditEveryMs: 150, ackWaitMs: 2_000 } as const;

/** Saves and announces things, some in each transaction. */
export async function putMany(mesh: Mesh, things: readonly Thing[], perTransaction = 250): Promise<void> {
  for (let at = 0; at < things.length; at += perTransaction) {
    const part = things.slice(at, at + perTransaction);
    await mesh.database.transaction(operator, (tx) => save(tx, part));
  }
}

/** The same, each transaction on the broker before the next: few events a message, so that many messages can be lost. */
export async function putThinly(mesh: Mesh, events: Events, things: readonly Thing[]): Promise<void> {
  for (let at = 0; at < things.length; at += 250) {
    await putMany(mesh, things.slice(at, at + 250));
    await published(mesh, events);
  }
}

async function save(tx: Tx, things: readonly Thing[]): Promise<void> {
  const given = columns(things, {
    id: ["text", ({ id }) => id],
    version: ["bigint", ({ version }) => version],
  });
  await tx.execute(sql`insert into things (market, id, version) select ${operator.market}, id, version from ${given}
    on conflict (market, id) do update set version = excluded.version`);
  await announce(
    tx,
    things.map(({ id, version }) => ({
      market: operator.market,
      feed: "thing",
      aggregateId: id,
      version,
      fact: fact(TimestampSchema, timestampFromMs(Number(version))),
    })),
  );
}

/** Notes what a handler saw, as a set. */
export async function noteMany(tx: Tx, envelopes: readonly Envelope[]): Promise<void> {
  const given = columns(envelopes, {
    id: ["text", ({ aggregateId }) => aggregateId],
    version: ["bigint", ({ aggregateVersion }) => aggregateVersion],
  });
  await tx.execute(
    sql`insert into handled (market, id, version, by) select 'berlin', id, version, 'it' from ${given}`,
  );
}

/** How many times anything was handled, how many different things were, and how many positions are recorded. */
export async function tally(mesh: Mesh): Promise<{ times: number; events: number; recorded: number }> {
  const [row] = await mesh.database.background((tx) =>
    tx.execute<{ times: number; events: number; recorded: number }>(sql`
      select count(*)::int as times, count(distinct (id, version))::int as events,
        (select count(distinct feed_seq)::int from marketmesh.inbox) as recorded from handled`),
  );
  return row as { times: number; events: number; recorded: number };
}

/** Waits until the broker has everything. */
export async function published(mesh: Mesh, events: Events): Promise<void> {
  await until(
    () => mesh.feeds(events).getEventCounts({}),
    ({ pending }) => pending === 0n,
  );
}

/** Waits until the only audit has passed everything and nothing is missing. */
export async function whole(mesh: Mesh, events: Events, lastSeq: bigint): Promise<FeedAudit> {
  const read = async () => (await mesh.feeds(events).listFeedAudits({})).audits[0];
  const audit = await until(
    read,
    (each) => each !== undefined && each.auditedTo >= lastSeq && each.gapsCount === 0n,
    // A deleted stream is noticed after 5 s by each who needs it.
  );
  return audit as FeedAudit;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Deletes a share of the messages that a stream holds; returns how many went. */
export async function deleteSome(
  manager: JetStreamManager,
  stream: string,
  share: number,
  random: () => number,
): Promise<number> {
  const { state } = await manager.streams.info(stream);
  let deleted = 0;
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    if (random() >= share) continue;
    await manager.streams.deleteMessage(stream, seq);
    deleted++;
  }
  return deleted;
}

/** The same for the same versions of the same things. */
export const contents = (versions: ReadonlyMap<string, bigint>) =>
  [...versions].map(([id, version]) => `${id} ${version}`).sort();
