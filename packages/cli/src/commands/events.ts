import { parseArgs } from "node:util";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { DeadLetter, FeedAudit } from "@marketmesh/contracts/events/v1";
import type { Command } from "../command.ts";
import { pagesOf } from "../job/pages.ts";
import type { Mesh } from "../mesh.ts";
import { asOperator } from "../running-mesh.ts";
import { UsageError } from "../usage-error.ts";

type Feeds = Mesh["feeds"][string];

export const events: Command = {
  usage: "dead-letters list|show|replay SERVICE [ID] · republish SERVICE FEED --since TIME · counts · audits",
  about: "operates the delivery of events",
  async run(args) {
    const [what, ...rest] = args;
    if (what === "dead-letters") return deadLetters(rest);
    if (what === "republish") return republish(rest);
    if (what === "counts") return counts();
    if (what === "audits") return audits();
    throw new UsageError("events takes dead-letters, republish, counts or audits");
  },
};

async function deadLetters([verb, service, id]: string[]): Promise<void> {
  await asOperator(async (mesh) => {
    const feeds = feedsOf(mesh, service);
    if (verb === "list") return listDeadLetters(feeds);
    const deadLetterId = idOf(id);
    if (verb === "show") {
      const { deadLetter } = await feeds.getDeadLetter({ deadLetterId });
      return print(deadLetter!);
    }
    if (verb !== "replay") throw new UsageError("dead-letters takes list, show or replay");
    await feeds.replayDeadLetter({ deadLetterId });
    process.stdout.write(`dead letter ${id} is being handled again\n`);
  });
}

async function listDeadLetters(feeds: Feeds): Promise<void> {
  let count = 0;
  for await (const page of pagesOf((page) => feeds.listDeadLetters(page))) {
    for (const letter of page.deadLetters) print(letter);
    count += page.deadLetters.length;
  }
  process.stdout.write(`${count} dead letters\n`);
}

function print(letter: DeadLetter): void {
  const { deadLetterId, subscription, attemptsCount, createTime, error } = letter;
  const time = createTime === undefined ? "" : timestampDate(createTime).toISOString();
  process.stdout.write(`${deadLetterId}  ${time}  ${subscription}  ${attemptsCount} attempts  ${error}\n`);
}

async function republish(args: string[]): Promise<void> {
  const options = { since: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [service, feed] = positionals;
  const since = new Date(values.since ?? Number.NaN);
  if (feed === undefined || Number.isNaN(since.getTime())) {
    throw new UsageError("events republish SERVICE FEED --since TIME, as 2026-11-21T08:00:00Z");
  }
  await asOperator(async (mesh) => {
    const sinceTime = timestampFromDate(since);
    const { eventsCount } = await feedsOf(mesh, service).republish({ feed, sinceTime });
    process.stdout.write(`${eventsCount} events will be published again\n`);
  });
}

async function counts(): Promise<void> {
  await asOperator(async (mesh) => {
    for (const [service, feeds] of Object.entries(mesh.feeds)) {
      const { published, consumed, redelivered, dead, pending } = await feeds.getEventCounts({});
      process.stdout.write(
        `${service.padEnd(12)} ${published} published, ${pending} pending, ${consumed} consumed, ${redelivered} redelivered, ${dead} dead\n`,
      );
    }
  });
}

async function audits(): Promise<void> {
  await asOperator(async (mesh) => {
    for (const [service, feeds] of Object.entries(mesh.feeds)) {
      for (const audit of (await feeds.listFeedAudits({})).audits)
        process.stdout.write(lineOf(service, audit));
    }
  });
}

function lineOf(consumer: string, audit: FeedAudit): string {
  const { subscription, service, feed, feedEpoch, auditedTo, lastSeq, oldestGapTime } = audit;
  const since = oldestGapTime === undefined ? "" : ` since ${timestampDate(oldestGapTime).toISOString()}`;
  return (
    `${consumer.padEnd(12)} ${subscription} of ${service} ${feed}: audited to ${auditedTo} of ${lastSeq} (epoch ${feedEpoch}), ` +
    `${audit.gapsCount} missing${since}, ${audit.repairedCount} repaired, ${audit.lostCount} lost\n`
  );
}

function feedsOf(mesh: Mesh, service: string | undefined): Feeds {
  const feeds = mesh.feeds[service ?? ""];
  if (feeds === undefined) throw new UsageError(`name a service: ${Object.keys(mesh.feeds).join(", ")}`);
  return feeds;
}

function idOf(text: string | undefined): bigint {
  if (text === undefined || !/^\d{1,18}$/.test(text)) throw new UsageError("give the dead letter's number");
  return BigInt(text);
}
