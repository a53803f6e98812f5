import { injectDisorder, republishAll } from "./disorder.ts";
import { type Faults, killAt } from "./fault-case.ts";
import { rotateSigningKey } from "./signing-key.ts";
import { loseStream } from "./streams.ts";

export interface NamedCase {
  readonly name: string;
  readonly market: string;
  inject(faults: Faults): void | Promise<void>;
}

/** A process stops at a point, a server is killed meanwhile, and the process goes on. */
function killServerAt(server: "nats" | "postgres", point: string) {
  return ({ mesh, killed, expect }: Faults) => {
    const hit = mesh.points.stop(point).then((stopped) => {
      killed(`${server} at ${point}`, mesh.kill(server));
      mesh.points.resume(stopped);
    });
    expect(hit);
  };
}

const kills = (...points: readonly (readonly [point: string, passes?: number])[]) => {
  return (faults: Faults) => {
    for (const [point, passes] of points) void killAt(faults, point, passes).catch(() => {});
  };
};

export const oneOfEach: readonly NamedCase[] = [
  {
    name: "identity dies when parties are created and nobody was told",
    market: "identity-dies",
    inject: kills(["identity.rpc.BatchCreateParties.done"]),
  },
  {
    name: "catalog dies in an import, and again with facts stamped and not published",
    market: "catalog-dies",
    inject: kills(["catalog.rpc.ImportListings.received", 1], ["catalog.relay.stamped", 2]),
  },
  {
    name: "eligibility dies while a round asks it",
    market: "eligibility-dies",
    inject: kills(["eligibility.rpc.BatchListEligible.asked"]),
  },
  {
    name: "scoring dies while a round asks it",
    market: "scoring-dies",
    inject: kills(["scoring.rpc.Rank.asked"]),
  },
  {
    name: "allocation dies with a round solved and nothing held",
    market: "solved",
    inject: kills(["allocation.round.SOLVED"]),
  },
  {
    name: "allocation dies while a round is ranked, and with answers taken that nobody was told of",
    market: "ranked",
    inject: kills(["allocation.round.ranked"], ["allocation.rpc.AcceptOffer.done", 2]),
  },
  {
    name: "fulfillment dies while a wave is answered",
    market: "fulfillment-dies",
    inject: ({ mesh, job, killed }) =>
      job.before("allocation.advanceClock", 2, async () =>
        killed("fulfillment in a wave", mesh.kill("fulfillment")),
      ),
  },
  {
    name: "nats-server dies with an import's facts stamped and not published",
    market: "nats-stamped",
    inject: killServerAt("nats", "catalog.relay.stamped"),
  },
  {
    name: "nats-server dies with a round's facts published and not marked",
    market: "nats-published",
    inject: killServerAt("nats", "allocation.relay.published"),
  },
  {
    name: "Postgres dies with a round solved and nothing held",
    market: "postgres-solved",
    inject: killServerAt("postgres", "allocation.round.SOLVED"),
  },
  {
    name: "Postgres dies with facts published and not marked",
    market: "postgres-published",
    inject: killServerAt("postgres", "catalog.relay.published"),
  },
  { name: "a signing key takes over", market: "key-rotated", inject: rotateSigningKey },
  {
    name: "everything is published again, and old events come late and in the wrong order",
    market: "disorder",
    async inject(faults) {
      faults.job.before("eligibility.listEligible", 1, () => injectDisorder(faults));
      faults.job.before("allocation.createRound", 2, () => republishAll(faults));
    },
  },
  {
    name: "a stream is emptied before all have read it",
    market: "stream-emptied",
    inject: loseStream("purge"),
  },
  {
    name: "a stream is deleted before all have read it",
    market: "stream-deleted",
    inject: loseStream("delete"),
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
    market: "judges-die",
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
    name: "one fulfillment dies while a wave is answered",
    market: "one-fulfillment",
    inject: ({ mesh, job, killed }) =>
      job.before("allocation.advanceClock", 2, async () =>
        killed("fulfillment-2 in a wave", mesh.kill("fulfillment-2")),
      ),
  },
];
