import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { LearnedState, PlanKnowledge, RecordedAnswer } from "../domain/expected-round.ts";
import { inChunks } from "./chunks.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);
/** Answers that one round learns from; further ones wait for the next. */
const answersMax = 100_000;

/** What the plan knows; nothing of it is marked as learned yet. */
export async function readKnowledge(tx: Tx, market: string, plan: string): Promise<PlanKnowledge> {
  const [row] = await tx.execute<{ version: string; content: Uint8Array }>(sql`
    select version, content from plan_states
    where market = ${market} and bucket = ${bucketOf(plan)} and plan = ${plan}`);
  const learned = row && (JSON.parse((await decompress(row.content)).toString()) as LearnedState);
  // First what has ended: answers that come in between are of rounds that had not, and are read with them.
  const ended = await readEnded(tx, market, plan);
  const answers = await readUnfed(tx, market, plan);
  const all = answers.length < answersMax;
  return { version: Number(row?.version ?? 0), learned, answers, ended: all ? ended : [] };
}

async function readUnfed(tx: Tx, market: string, plan: string): Promise<RecordedAnswer[]> {
  const rows = await tx.execute<{
    id: string;
    round: string;
    demand: string;
    score: number;
    accepted: boolean;
  }>(sql`
    select o.id, o.round, o.demand, o.score, o.state = 'ACCEPTED' as accepted
    from rounds r join offers o on o.market = r.market and o.round = r.id and o.round <> ''
    where r.market = ${market} and r.plan = ${plan} and not r.answers_fed and r.state in ('COMMITTED', 'SETTLED')
      and o.state in ('ACCEPTED', 'DECLINED', 'EXPIRED')
      and not exists (select from plan_answers_fed f where f.market = r.market and f.bucket = ${bucketOf(plan)}
        and f.plan = r.plan and f.round = r.id and f.offer = o.id)
    order by o.answer_time, o.id limit ${answersMax}`);
  return rows.map(({ id, round, demand, score, accepted }) => ({
    offer: id,
    round,
    demand,
    score,
    accepted,
  }));
}

async function readEnded(tx: Tx, market: string, plan: string): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select id from rounds where market = ${market} and plan = ${plan} and not answers_fed and state = 'SETTLED'
    order by id limit 1000`);
  return rows.map(({ id }) => id);
}

/** Keeps what the plan knows now; what it learned from is not fed again. */
export async function saveKnowledge(
  tx: Tx,
  market: string,
  plan: string,
  before: PlanKnowledge,
  learned: LearnedState,
): Promise<void> {
  const content = await compress(JSON.stringify(learned), { level: 1 });
  await tx.execute(sql`
    insert into plan_states (market, bucket, plan, version, content, update_time)
    values (${market}, ${bucketOf(plan)}, ${plan}, ${before.version + 1}, ${content}, now())
    on conflict (market, bucket, plan) do update
      set version = excluded.version, content = excluded.content, update_time = excluded.update_time`);
  const ended = new Set(before.ended);
  const toCome = before.answers.filter(({ round }) => !ended.has(round));
  for (const chunk of inChunks(toCome)) {
    await tx.execute(sql`
      insert into plan_answers_fed (market, bucket, plan, round, offer)
      select ${market}, ${bucketOf(plan)}, ${plan}, * from ${columns(chunk, {
        round: ["text", ({ round }) => round],
        offer: ["text", ({ offer }) => offer],
      })} on conflict do nothing`);
  }
  if (before.ended.length === 0) return;
  const ids = sql.param([...before.ended]);
  await tx.execute(sql`
    update rounds set answers_fed = true where market = ${market} and plan = ${plan} and id = any(${ids}::text[])`);
  await tx.execute(sql`
    delete from plan_answers_fed where market = ${market} and bucket = ${bucketOf(plan)} and plan = ${plan}
      and round = any(${ids}::text[])`);
}
