import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard, type Row } from "./dashboard.ts";
import { quantile, timeseries, type Unit } from "./panels.ts";

/** Facts from the transaction that made them to everyone who must know. */
export function feedAndEvents(): Dashboard {
  return dashboard({
    uid: "marketmesh-events",
    title: "marketmesh / feed and events",
    description:
      "Facts on their way: out of the outbox, through the broker, into subscriptions and projections, and none missing.",
    rows: [leaving(), work(), audit(), projections()],
  });
}

/** A gauge that replicas tell alike, or of which the worst one counts. */
function worst(title: string, metric: string, unit: Unit, description: string, by: readonly string[] = []) {
  const labels = ["job", ...by];
  return timeseries({
    title,
    description,
    unit,
    queries: [
      {
        expr: `max by (${labels.join(", ")}) (${metric})`,
        legend: labels.map((label) => `{{${label}}}`).join(" "),
      },
    ],
  });
}

function leaving(): Row {
  return {
    title: "Leaving",
    panels: [
      worst(
        "Age of what has not left",
        "marketmesh_outbox_age_seconds",
        "s",
        "Age of the oldest fact that the broker never had.",
      ),
      worst(
        "Facts in the outbox",
        "marketmesh_outbox_unpublished_rows",
        "none",
        "Committed facts that the broker does not have yet, counted up to 100,000.",
      ),
      timeseries({
        title: "Published",
        description: "Facts a second that were handed to the broker, republished ones included.",
        unit: "cps",
        queries: [
          {
            expr: "sum by (job) (rate(marketmesh_relay_published_total[$__rate_interval]))",
            legend: "{{job}}",
          },
        ],
      }),
      timeseries({
        title: "Leading relays",
        description:
          "Replicas that publish. One is right; with none nothing leaves, two fence each other off.",
        unit: "none",
        queries: [{ expr: "sum by (job) (marketmesh_relay_leads)", legend: "{{job}}" }],
      }),
    ],
  };
}

function work(): Row {
  const by = ["subscription"];
  return {
    title: "Work subscriptions",
    panels: [
      worst(
        "Messages that wait",
        'marketmesh_consumer_lag_messages{way="work"}',
        "none",
        "Messages (each a batch of facts) that a subscription has not acknowledged.",
        by,
      ),
      timeseries({
        title: "Delay until handled",
        description: "From a fact until it was handled: half of them, and 95 %. Points are traces.",
        unit: "s",
        queries: [0.5, 0.95].map((share) => ({
          expr: quantile(share, "marketmesh_consumer_delay_seconds_bucket", ["job", "subscription"]),
          legend: `{{job}} {{subscription}} p${share * 100}`,
        })),
      }),
      worst(
        "Dead letters",
        "marketmesh_dead_letters",
        "none",
        "Facts that were given up and wait for a person, counted up to 10,000.",
        by,
      ),
      worst(
        "Parked",
        "marketmesh_parked_events",
        "none",
        "Facts that wait for their predecessor, counted up to 10,000.",
        by,
      ),
    ],
  };
}

function audit(): Row {
  const by = ["subscription", "feed"];
  return {
    title: "Nothing is missing",
    panels: [
      worst("Gaps", "marketmesh_feed_gaps", "none", "Facts that are missing and being asked for.", by),
      worst(
        "Age of the oldest gap",
        "marketmesh_feed_gap_age_seconds",
        "s",
        "Since the broker acknowledged the oldest missing fact. 900 s is a page.",
        by,
      ),
      worst(
        "Repaired, ever",
        "marketmesh_feed_gaps_repaired_total",
        "none",
        "Missing facts that were published again and recorded, since the database exists.",
        by,
      ),
      worst(
        "Lost, ever",
        "marketmesh_feed_positions_lost_total",
        "none",
        "Missing facts that the outbox had forgotten. More than 0 needs a person.",
        by,
      ),
      worst(
        "Not audited yet",
        "marketmesh_feed_unaudited_events",
        "none",
        "Published facts that the audit has not passed: too young, waiting for the subscription, or it is stuck.",
        by,
      ),
    ],
  };
}

function projections(): Row {
  return {
    title: "Projections",
    panels: [
      worst(
        "Followers behind",
        "marketmesh_follow_staleness_seconds",
        "s",
        "Time since a follower last knew that it had everything.",
        ["instance", "subscription"],
      ),
      worst(
        "Age of the picture",
        "marketmesh_listing_projection_staleness_seconds",
        "s",
        "How old the listings of a kind may be in a process's memory. 60 s is a page.",
        ["instance"],
      ),
      worst(
        "Position",
        "marketmesh_listing_projection_feed_seq",
        "none",
        "The position in the listing feed that a process has applied. Replicas move side by side.",
        ["instance"],
      ),
      timeseries({
        title: "Listings in memory",
        description: "Listings of a process, active or not, by kind over all markets.",
        unit: "none",
        queries: [
          {
            expr: "sum by (job, instance, kind) (marketmesh_listing_projection_rows)",
            legend: "{{job}} {{instance}} {{kind}}",
          },
        ],
      }),
    ],
  };
}
