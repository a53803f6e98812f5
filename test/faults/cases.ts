import { injectDisorder, republish } from "./disorder.ts";
import { type Faults, killAt, killNow } from "./fault-case.ts";
import { rotateSigningKey } from "./signing-key.ts";
import { loseStream } from "./streams.ts";

/** What is done to a mesh while a job runs on it. */
export interface NamedCase {
  readonly name: string;
  /** The market that the job runs on. */
  readonly market: string;
  /** Whether its allocations are carried out too; it takes longer. */
  readonly fulfils?: boolean;
  inject(faults: Faults): void;
}

/** A process stops at a point, a server is killed meanwhile, and the process goes on. */
function killServerAt(faults: Faults, server: "nats" | "postgres", point: string): void {
  const { mesh, expect } = faults;
  const hit = mesh.points.stop(point).then((stopped) => {
    killNow(faults, server, `${server} at ${point}`);
    mesh.points.resume(stopped);
  });
  expect(hit);
}

const kills = (...points: readonly (readonly [point: string, passes?: number])[]) => {
  return (faults: Faults) => {
    for (const [point, passes] of points) killAt(faults, point, passes);
  };
};

export const oneOfEach: readonly NamedCase[] = [
  {
    name: "identity dies with parties created, catalog in an import, its relay with facts stamped: nobody was told",
    market: "writers-die",
    inject: kills(
      ["identity.rpc.BatchCreateParties.done"],
      ["catalog.rpc.ImportListings.received", 1],
      ["catalog.relay.stamped", 2],
    ),
  },
  {
    name: "eligibility and scoring die while a round asks them",
    market: "judges-die",
    inject: kills(["eligibility.rpc.BatchListEligible.asked"], ["scoring.rpc.Rank.asked"]),
  },
  {
    name: "allocation dies with a round solved and nothing held, then with answers taken that nobody was told of",
    market: "solved",
    inject: kills(["allocation.round.SOLVED"], ["allocation.rpc.AcceptOffer.done", 2]),
  },
  {
    name: "allocation dies while a round is ranked, fulfillment with a call answered and with tasks completed",
    market: "ranked",
    fulfils: true,
    inject: kills(
      ["allocation.round.ranked"],
      ["fulfillment.call.answered"],
      ["fulfillment.rpc.BatchCompleteTasks.done"],
    ),
  },
  {
    name: "nats-server dies with an import's facts stamped, and with a round's facts published and not marked",
    market: "nats-dies",
    inject(faults) {
      killServerAt(faults, "nats", "catalog.relay.stamped");
      faults.job.before("allocation.createRound", 1, async () =>
        killServerAt(faults, "nats", "allocation.relay.published"),
      );
    },
  },
  {
    name: "Postgres dies with facts published and not marked, and with a round solved and nothing held",
    market: "postgres-dies",
    inject(faults) {
      killServerAt(faults, "postgres", "catalog.relay.published");
      killServerAt(faults, "postgres", "allocation.round.SOLVED");
    },
  },
  { name: "a signing key takes over", market: "key-rotated", inject: rotateSigningKey },
  {
    name: "everything is published again, and old events come late and in the wrong order",
    market: "disorder",
    inject(faults) {
      const sinceMs = Date.now();
      faults.job.before("eligibility.listEligible", 1, () => injectDisorder(faults));
      faults.job.before("allocation.createRound", 2, () => republish(faults, sinceMs));
    },
  },
  {
    name: "a stream is emptied and then deleted before all have read it",
    market: "stream-lost",
    inject: loseStream,
  },
];

/** An allocation that stands still for longer than its lease: the other goes on, and the late one changes nothing any more. */
function standStill({ mesh, market, expect }: Faults): void {
  const committed = async () => {
    const [row] = await mesh.sql(
      "allocation",
      (sql) => sql<{ ended: boolean }[]>`
        select state in ('COMMITTED', 'SETTLED') as ended from rounds where market = ${market} and id = 'round-1'`,
    );
    return row?.ended === true;
  };
  const hit = mesh.points.stop("allocation.round.SOLVED").then(async (stopped) => {
    while (!(await committed())) await new Promise((resolve) => setTimeout(resolve, 100));
    mesh.points.resume(stopped);
  });
  expect(hit);
}

export const twoOfEach: readonly NamedCase[] = [
  {
    name: "one eligibility and one scoring die while a round asks them",
    market: "one-judge",
    inject: kills(["eligibility.rpc.BatchListEligible.asked"], ["scoring.rpc.Rank.asked"]),
  },
  {
    name: "one allocation dies with a round solved, one with answers taken that nobody was told of",
    market: "one-solved",
    inject: kills(["allocation.round.SOLVED"], ["allocation.rpc.AcceptOffer.done", 2]),
  },
  {
    name: "one allocation stands still for longer than its lease",
    market: "late-worker",
    inject: standStill,
  },
  {
    name: "one fulfillment dies with a call answered, one with tasks completed",
    market: "one-fulfillment",
    fulfils: true,
    inject: kills(["fulfillment.call.answered"], ["fulfillment.rpc.BatchCompleteTasks.done"]),
  },
];
