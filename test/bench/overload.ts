import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { concurrently } from "@marketmesh/cli/job/concurrently";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { GetListingRequestSchema } from "@marketmesh/contracts/catalog/v1";
import type { BenchMesh } from "./bench-mesh.ts";
import { emit, median, say } from "./figure.ts";
import { callOnce, type Offered, type OpenLoopOptions, openLoop } from "./open-loop.ts";
import { skillRows } from "./skill-rows.ts";
import { applySkillsMarket, skillsPack } from "./skills-market.ts";

const market = "overload";
const listings = 2_000;
const inFlight = 16;
const probeCalls = 4_000;
const normalSeconds = 5;
const overloadSeconds = 10;
/** Normal and overload take turns, so that whatever else the machine does meets both. */
const rounds = 3;
const attempts = 6;

/**
 * What a service does with three times the calls that it can sustain: of GetListing, a transaction in Postgres under row
 * level security.
 */
export async function overloadSuite(mesh: BenchMesh): Promise<void> {
  await applySkillsMarket(mesh, market);
  const rows = () => skillRows("supply", listings);
  await importListings(mesh.clients, market, "supply", skillsPack().plan.supply, rows());
  const bodies = [...rows()].map(({ id }) =>
    toBinary(
      GetListingRequestSchema,
      create(GetListingRequestSchema, { name: `markets/${market}/listings/${id}` }),
    ),
  );
  const target = {
    url: mesh.endpoints.catalog!,
    path: "/marketmesh.catalog.v1.CatalogService/GetListing",
    token: await mesh.clients.accessToken(),
    body: (n: number) => bodies[(n * 7919) % bodies.length]!,
  };
  const { perSecond } = await sustainable(target);
  const normal: Offered[] = [];
  const over: Offered[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    normal.push(await openLoop({ ...target, perSecond, seconds: normalSeconds }));
    over.push(await openLoop({ ...target, perSecond: perSecond * 3, seconds: overloadSeconds }));
    say(`as much as is sustained: ${summary(normal.at(-1)!)}`);
    say(`three times as much: ${summary(over.at(-1)!)}`);
  }
  report(perSecond, normal, over);
}

type Target = Omit<OpenLoopOptions, "perSecond" | "seconds">;

/** The rate at which all is answered: eight tenths of what is reached at full tilt, or less until that holds. */
async function sustainable(target: Target): Promise<{ perSecond: number; normal: Offered }> {
  const session = connect(target.url);
  const startMs = performance.now();
  const numbers = Array.from({ length: probeCalls }, (_, n) => n);
  await concurrently(numbers, inFlight, async (n) => void (await callOnce(session, target, n)));
  session.close();
  let perSecond = (0.8 * probeCalls) / ((performance.now() - startMs) / 1_000);
  for (let attempt = 1; attempt <= attempts; attempt += 1, perSecond *= 0.85) {
    const startedMs = performance.now();
    const normal = await openLoop({ ...target, perSecond, seconds: normalSeconds });
    const lateMs = performance.now() - startedMs - normalSeconds * 1_000;
    say(
      `${perSecond.toFixed(0)}/s: ${summary(normal)}, done ${lateMs.toFixed(0)} ms after the last was sent`,
    );
    if (normal.accepted.length === normal.sent && lateMs < 250) return { perSecond, normal };
  }
  throw new Error("no rate is sustained");
}

function report(perSecond: number, normal: readonly Offered[], over: readonly Offered[]): void {
  const p99 = (offered: readonly Offered[], what: "accepted" | "refused") =>
    median(offered.map((each) => quantile(each[what], 0.99)));
  const line = { suite: "overload", better: "lower" } as const;
  emit({ ...line, metric: "sustainable", value: perSecond, unit: "calls/s", better: "higher", aim: 300 });
  const normalP99 = p99(normal, "accepted");
  emit({
    ...line,
    metric: "accepted_p99",
    value: p99(over, "accepted"),
    unit: "ms",
    aim: 2 * normalP99,
    baseline: normalP99,
  });
  emit({
    ...line,
    metric: "refused_p99",
    value: p99(over, "refused"),
    unit: "ms",
    aim: 2 * normalP99,
  });
  emit({
    ...line,
    metric: "accepted",
    value: median(over.map(({ accepted }) => accepted.length)) / overloadSeconds,
    unit: "calls/s",
    better: "higher",
    aim: 0.7 * perSecond,
    baseline: perSecond,
  });
  const other = over.flatMap((each) => Object.values(each.other)).reduce((sum, count) => sum + count, 0);
  emit({ ...line, metric: "other_outcomes", value: other, unit: "calls", aim: 0 });
}

function summary({ sent, accepted, refused, other }: Offered): string {
  const ms = (values: readonly number[]) =>
    `p50 ${quantile(values, 0.5).toFixed(1)} p99 ${quantile(values, 0.99).toFixed(1)} max ${quantile(values, 1).toFixed(1)} ms`;
  return `${sent} sent, ${accepted.length} accepted (${ms(accepted)}), ${refused.length} refused (${ms(refused)}), other ${JSON.stringify(other)}`;
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}
