import { defineMetric } from "@marketmesh/telemetry";

const subscription = "A work subscription's name";

export const relayLeads = defineMetric({
  type: "gauge",
  name: "relay_leads",
  unit: "{leader}",
  help: "1 in the process whose relay leads, else 0; their sum over the replicas of a service is 1",
});

export const relayPublished = defineMetric({
  type: "counter",
  name: "relay_published_total",
  unit: "{event}",
  help: "Events that this process handed to the broker, republished ones included",
});

export const outboxUnpublished = defineMetric({
  type: "gauge",
  name: "outbox_unpublished_rows",
  unit: "{row}",
  help: "Committed events that the broker does not have yet, counted up to 100,000",
});

export const outboxAge = defineMetric({
  type: "gauge",
  name: "outbox_age_seconds",
  unit: "s",
  help: "Age of the oldest event that the broker never had; 0 when there is none",
});

export const consumerLag = defineMetric({
  type: "gauge",
  name: "consumer_lag_messages",
  unit: "{message}",
  help: "Messages (each a batch of events) that wait for a subscription, those in hand included",
  labels: {
    subscription: `${subscription}, or \`<service> <feed>\` of a follower`,
    way: "`work` (shared by the replicas) or `follow` (of this process)",
  },
});

export const consumerDelay = defineMetric({
  type: "histogram",
  name: "consumer_delay_seconds",
  unit: "s",
  help: "From an event's occurrence until a work subscription handled it",
  labels: { subscription },
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600],
});

export const followStaleness = defineMetric({
  type: "gauge",
  name: "follow_staleness_seconds",
  unit: "s",
  help: "Time since a follower last knew that it had the whole feed; an idle one asks about every 6 s",
  labels: { subscription: "`<service> <feed>`" },
});

export const deadLetters = defineMetric({
  type: "gauge",
  name: "dead_letters",
  unit: "{event}",
  help: "Events that were given up and wait for a person, counted up to 10,000",
  labels: { subscription },
});

export const parkedEvents = defineMetric({
  type: "gauge",
  name: "parked_events",
  unit: "{event}",
  help: "Events of an ordered subscription that wait for their predecessor, counted up to 10,000",
  labels: { subscription },
});

const audited = { subscription, feed: "The feed that is audited" };

export const feedGaps = defineMetric({
  type: "gauge",
  name: "feed_gaps",
  unit: "{event}",
  help: "Events that were published, are not recorded and will not come by themselves; they are being asked for",
  labels: audited,
});

export const feedGapAge = defineMetric({
  type: "gauge",
  name: "feed_gap_age_seconds",
  unit: "s",
  help: "Since the broker acknowledged the oldest event that is missing; 0 when none is",
  labels: audited,
});

export const feedGapsRepaired = defineMetric({
  type: "counter",
  name: "feed_gaps_repaired_total",
  unit: "{event}",
  help: "Missing events that were published again and then recorded, over all replicas, since the database exists",
  labels: audited,
});

export const feedPositionsLost = defineMetric({
  type: "counter",
  name: "feed_positions_lost_total",
  unit: "{event}",
  help: "Events that were missing when the outbox had forgotten them, over all replicas, since the database exists",
  labels: audited,
});

export const feedUnaudited = defineMetric({
  type: "gauge",
  name: "feed_unaudited_events",
  unit: "{event}",
  help: "Stamped events that the auditor has not passed: too young, waiting for the subscription, or it is stuck",
  labels: audited,
});
