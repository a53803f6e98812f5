import type { FaultMesh } from "./fault-mesh.ts";

/** What the rules look at. */
export type Observed = Pick<FaultMesh, "services" | "sql" | "processesOf" | "metrics">;

interface Audited {
  readonly subscription: string;
  readonly service: string;
  readonly feed: string;
}

/** Events that work subscriptions have recorded, over all services. */
export async function recordedEvents(mesh: Observed): Promise<number> {
  const counts = await Promise.all(
    mesh.services.map((service) =>
      mesh.sql(service, async (sql) => {
        const [row] = await sql<{ count: number }[]>`select count(*)::int as count from marketmesh.inbox`;
        return row?.count ?? 0;
      }),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * What is lost, stuck or doubled on the way of events: facts that the broker does not have, that a work subscription did not
 * record, gaps in a feed's numbers, dead letters, and projections that differ. Nothing when all arrived.
 */
export async function brokenEvents(mesh: Observed): Promise<string[]> {
  const perService = await Promise.all(mesh.services.map((service) => brokenIn(mesh, service)));
  return [...perService.flat(), ...(await differingProjections(mesh))];
}

async function brokenIn(mesh: Observed, consumer: string): Promise<string[]> {
  return mesh.sql(consumer, async (sql) => {
    const found: string[] = [];
    const waiting = await sql`select id, feed from marketmesh.outbox where publish_time is null limit 3`;
    for (const { id, feed } of waiting) found.push(`${consumer}: ${feed} event ${id} is not published`);
    const sparse = await sql`
      select f.feed, f.last_seq, count(o.id) as rows from marketmesh.feeds f
        left join marketmesh.outbox o on o.feed = f.feed and o.feed_epoch = f.epoch
      group by f.feed, f.last_seq having count(o.id) <> f.last_seq or count(distinct o.feed_seq) <> f.last_seq`;
    for (const { feed, last_seq, rows } of sparse)
      found.push(`${consumer}: feed ${feed} ends at ${last_seq} and has ${rows} events`);
    const dead = await sql`select subscription, error from marketmesh.dead_letters limit 3`;
    for (const { subscription, error } of dead)
      found.push(`${consumer}: ${subscription} has a dead letter: ${error}`);
    const parked = await sql`select subscription, event_id from marketmesh.parked_events limit 3`;
    for (const { subscription, event_id } of parked)
      found.push(`${consumer}: ${subscription} has parked event ${event_id}`);
    const audited = await sql<Audited[]>`select subscription, service, feed from marketmesh.feed_audits`;
    for (const one of audited) {
      const recorded = await sql<{ id: string }[]>`
        select event_id as id from marketmesh.inbox
        where subscription = ${one.subscription} and service = ${one.service} and feed = ${one.feed}`;
      found.push(...(await missing(mesh, one, new Set(recorded.map(({ id }) => id)))));
    }
    return found;
  });
}

async function missing(mesh: Observed, { subscription, service, feed }: Audited, recorded: Set<string>) {
  const announced = await mesh.sql(
    service,
    (sql) => sql<{ id: string }[]>`select id from marketmesh.outbox where feed = ${feed}`,
  );
  const lost = announced.filter(({ id }) => !recorded.has(id));
  if (lost.length === 0) return [];
  return [
    `${subscription}: ${lost.length} of ${announced.length} ${feed} events are not recorded, such as ${lost[0]!.id}`,
  ];
}

const projected = ["eligibility", "scoring"];

/** Every process that keeps listings in memory must show the same, at the last position that catalog stamped. */
async function differingProjections(mesh: Observed): Promise<string[]> {
  const [feed] = await mesh.sql(
    "catalog",
    (sql) => sql<{ last: string }[]>`select last_seq as last from marketmesh.feeds where feed = 'listing'`,
  );
  const found: string[] = [];
  const first = new Map<string, { process: string; value: string }>();
  for (const process of projected.flatMap((service) => mesh.processesOf(service))) {
    const lines = (await mesh.metrics(process)).split("\n");
    const position = lines
      .find((line) => line.startsWith("marketmesh_listing_projection_feed_seq "))
      ?.split(" ")[1];
    if (position !== feed?.last) found.push(`${process} is at ${position} of ${feed?.last} listing events`);
    for (const line of lines.filter((each) => each.startsWith("marketmesh_listing_projection_checksum{"))) {
      const [labels, value] = line.split(" ") as [string, string];
      const known = first.get(labels);
      if (known === undefined) first.set(labels, { process, value });
      else if (known.value !== value) found.push(`${process} differs from ${known.process}: ${labels}`);
    }
  }
  return found;
}
