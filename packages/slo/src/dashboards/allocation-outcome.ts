import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard, type Row } from "./dashboard.ts";
import { quantile, timeseries } from "./panels.ts";

const job = "allocation";
const chosen = 'market=~"$market"';

/** Whether markets clear: how much is filled, how fast, and what holds and offers come to. */
export function allocationOutcome(): Dashboard {
  return dashboard({
    uid: "marketmesh-allocation-outcome",
    title: "marketmesh / allocation outcome",
    description: "Whether markets clear: fill rate, time to fill, holds, offers, and the work of deciding.",
    marketsOf: "marketmesh_demand_units",
    rows: [filling(), holds(), offers(), deciding()],
  });
}

function filling(): Row {
  return {
    title: "Filling",
    panels: [
      timeseries({
        title: "Fill rate",
        description:
          "Units allocated of those that open demands, and closed ones that got something, ask for.",
        unit: "percentunit",
        max: 1,
        job,
        queries: [{ expr: `max by (market) (marketmesh_fill_rate_ratio{${chosen}})`, legend: "{{market}}" }],
      }),
      timeseries({
        title: "Units",
        description: "Units of demand: asked for, held, allocated.",
        unit: "none",
        job,
        queries: [
          {
            expr: `max by (market, what) (marketmesh_demand_units{${chosen}})`,
            legend: "{{market}} {{what}}",
          },
        ],
      }),
      timeseries({
        title: "Time to fill",
        description:
          "From when a demand was known until an allocation of it was committed, wall time: half of them, and 95 %.",
        unit: "s",
        job,
        queries: [0.5, 0.95].map((share) => ({
          expr: quantile(share, `marketmesh_time_to_fill_seconds_bucket{${chosen}}`, ["market"]),
          legend: `{{market}} p${share * 100}`,
        })),
      }),
      timeseries({
        title: "Allocations committed",
        description: "Allocations a second.",
        unit: "cps",
        job,
        queries: [
          {
            expr: `sum by (market) (rate(marketmesh_time_to_fill_seconds_count{${chosen}}[$__rate_interval]))`,
            legend: "{{market}}",
          },
        ],
      }),
    ],
  };
}

function holds(): Row {
  return {
    title: "Holds",
    panels: [
      timeseries({
        title: "Holds that are held",
        description: "Capacity that is kept for somebody now.",
        unit: "none",
        job,
        queries: [{ expr: `max by (market) (marketmesh_holds_held{${chosen}})`, legend: "{{market}}" }],
      }),
      timeseries({
        title: "What becomes of holds",
        description: "Holds a second that came into a state.",
        unit: "cps",
        job,
        queries: [
          {
            expr: `sum by (market, state) (rate(marketmesh_hold_changes_total{${chosen}}[$__rate_interval]))`,
            legend: "{{market}} {{state}}",
          },
        ],
      }),
      timeseries({
        title: "Holds past their time",
        description:
          "Holds that their market's clock should have ended more than a minute ago. Any that stay are a page.",
        unit: "none",
        job,
        queries: [{ expr: `max by (market) (marketmesh_holds_overdue{${chosen}})`, legend: "{{market}}" }],
      }),
    ],
  };
}

function offers(): Row {
  const changes = (state: string) =>
    `sum by (market) (increase(marketmesh_offer_changes_total{${chosen},state=~"${state}"}[1h]))`;
  return {
    title: "Offers",
    panels: [
      timeseries({
        title: "What becomes of offers",
        description: "Offers a second that came into a state.",
        unit: "cps",
        job,
        queries: [
          {
            expr: `sum by (market, state) (rate(marketmesh_offer_changes_total{${chosen}}[$__rate_interval]))`,
            legend: "{{market}} {{state}}",
          },
        ],
      }),
      timeseries({
        title: "Acceptance rate",
        description: "Offers accepted of those that came to an end within the last hour.",
        unit: "percentunit",
        max: 1,
        job,
        queries: [
          {
            expr: `${changes("ACCEPTED")} / ${changes("ACCEPTED|DECLINED|EXPIRED|RESCINDED")}`,
            legend: "{{market}}",
          },
        ],
      }),
      timeseries({
        title: "Answers",
        description: "Answers a second; refused ones came too late, or from somebody who may not answer.",
        unit: "cps",
        job,
        queries: [
          {
            expr: "sum by (outcome) (rate(marketmesh_offer_answers_total[$__rate_interval]))",
            legend: "{{outcome}}",
          },
        ],
      }),
    ],
  };
}

function deciding(): Row {
  return {
    title: "Deciding now",
    panels: [
      timeseries({
        title: "Decisions",
        description: "Demands a second that allocate-now decided, and the holds that it took.",
        unit: "cps",
        job,
        queries: [
          { expr: "sum(rate(marketmesh_decisions_total[$__rate_interval]))", legend: "demands" },
          { expr: "sum(rate(marketmesh_decision_holds_total[$__rate_interval]))", legend: "holds" },
        ],
      }),
      timeseries({
        title: "Time of a decision",
        description:
          "From the request until its holds were written: half of them, and 99 %. Points are traces.",
        unit: "s",
        job,
        queries: [0.5, 0.99].map((share) => ({
          expr: quantile(share, "marketmesh_decision_duration_seconds_bucket"),
          legend: `p${share * 100}`,
        })),
      }),
      timeseries({
        title: "Transactions undone to look further",
        description:
          "LOCK_MORE: somebody was faster. RANK_MORE: all that was ranked is taken. Many mean contention for the same supply.",
        unit: "cps",
        job,
        queries: [
          {
            expr: "sum by (why) (rate(marketmesh_decision_retries_total[$__rate_interval]))",
            legend: "{{why}}",
          },
        ],
      }),
    ],
  };
}
