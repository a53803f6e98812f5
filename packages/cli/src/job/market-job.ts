import type { ListingRow } from "@marketmesh/markets";
import { mapRows, raceOf, readFacts, type ScenarioMarket, sampleOf } from "@marketmesh/markets";
import type { Mesh } from "../mesh.ts";
import { applyPack, collectStatistics } from "./apply-pack.ts";
import { allocateAtOnce } from "./at-once.ts";
import { completionOf } from "./completion.ts";
import { createParties } from "./create-parties.ts";
import { Fulfilment } from "./fulfilment.ts";
import { importListings } from "./import-listings.ts";
import { MarketRun } from "./market-run.ts";
import { outcomeOf } from "./outcome.ts";
import { windowMs } from "./pack-message.ts";
import { PartyTokens } from "./party-tokens.ts";
import { awaitProjections } from "./projections.ts";
import { runRace } from "./race.ts";
import type { MarketReport } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { Tally } from "./tally.ts";

export type Progress = (line: string) => void;

/** One upload: the rows of a sample's side or of a file. */
interface Upload {
  readonly importId: string;
  readonly kind: string;
  /** Opens them from the first on. */
  readonly rows: () => Iterable<ListingRow> | AsyncIterable<ListingRow>;
}

/** Sets a market up, imports its listings, decides until nothing more can be decided, and says what came of it. */
export async function runMarket(
  mesh: Mesh,
  scenario: ScenarioMarket,
  seed: number,
  progress: Progress,
): Promise<MarketReport> {
  const { market, pack, run: options } = scenario;
  const tally = new Tally();
  const facts = readFacts(pack.pack);
  const start = scenario.start ?? facts.start;
  const fulfils = options.fulfil && pack.workflows.length > 0 && !(await wasDecidedWithout(mesh, market));
  await applyPack(mesh, market, pack, { clock: start, workflows: fulfils });
  progress("applied");

  const units = new Map<string, number>();
  const counts = { supply: 0, demand: 0 };
  const revisions: string[] = [];
  for (const upload of await uploadsOf(mesh, scenario, seed)) {
    const counting = { seen: 0, complete: false };
    const rows = () => counted(upload, pack.plan.demand, units, counts, counting);
    const done = await tally.phase("import", () =>
      importListings(mesh, market, upload.importId, upload.kind, rows),
    );
    // An import that was complete before reads no rows; the report counts them all the same.
    if (!counting.complete) for await (const _ of rows());
    revisions.push(done.revision);
    progress(`imported ${done.acknowledgedRow} of ${upload.kind}, ${done.refusedCount} refused`);
  }
  await tally.phase("project", async () => {
    await awaitProjections(mesh, market, pack, revisions, start);
    await collectStatistics(mesh, market, pack, revisions);
  });
  progress("projected");

  const run = new MarketRun({
    mesh,
    market,
    seed,
    behaviour: behaviourOf(scenario, facts),
    windowMs: pack.plan.answeredBy === undefined ? 0 : windowMs(pack.plan.acceptanceWindow ?? "72h"),
    ...(options.answeredBy === "PARTIES" && { partyTokens: new PartyTokens(mesh.tokens) }),
  });
  await run.catchUp();
  const fulfilment = fulfils ? await Fulfilment.of(run, facts.tasks ?? {}) : Fulfilment.none(run);
  const plan = run.names.of("plans", pack.plan.plan);
  if (pack.plan.decide === "ROUNDS") {
    await runRounds(run, fulfilment, plan, revisions, options, tally, progress);
  } else {
    const demands = [...units].map(([id, open]) => ({ id, units: open }));
    await allocateAtOnce(run, fulfilment, plan, demands, options, revisions, tally);
  }
  await tally.phase("fulfil", () => fulfilment.playOut());
  const completion = completionOf(await fulfilment.summaries());
  if (fulfils) progress(`${completion.completed} of ${run.committed} carried out`);
  const outcome = await outcomeOf(run, units, Date.parse(start));
  const race = scenario.sample?.race === true ? raceOf(pack.pack, seed) : undefined;
  return {
    market,
    pack: pack.pack,
    ...counts,
    openings: [...units.values()].reduce((sum, count) => sum + count, 0),
    ...outcome,
    ...completion,
    firstHoldsMs: tally.firstHoldsMs,
    phasesMs: tally.phasesMs,
    ...(race !== undefined && { race: await runRace(mesh, scenario, race, start) }),
  };
}

/** A market that was decided before it had workflows goes on without: they would wait for what came before them. */
async function wasDecidedWithout(mesh: Mesh, market: string): Promise<boolean> {
  const parent = `markets/${market}`;
  const { rounds } = await mesh.allocation.listRounds({ parent, pageSize: 1 });
  const { offers } = await mesh.allocation.listOffers({ parent, pageSize: 1 });
  if (rounds.length === 0 && offers.length === 0) return false;
  const { workflows } = await mesh.fulfillment.listWorkflows({ parent, pageSize: 1 });
  return workflows.length === 0;
}

async function uploadsOf(mesh: Mesh, scenario: ScenarioMarket, seed: number): Promise<Upload[]> {
  const { market, pack, sample, files } = scenario;
  if (sample === undefined) {
    return files.map((file, at) => ({
      importId: `file-${at + 1}`,
      kind: file.kind,
      rows: () => mapRows(file, seed),
    }));
  }
  const whole = sampleOf(pack.pack, seed);
  const [supply, demand] = [whole.supply.slice(0, sample.supply), whole.demand.slice(0, sample.demand)];
  const owners = new Set([...supply, ...demand].map(({ owner }) => owner));
  await createParties(
    mesh,
    market,
    whole.parties.filter(({ id }) => owners.has(id)),
  );
  return [
    { importId: "sample-supply", kind: pack.plan.supply, rows: () => supply },
    { importId: "sample-demand", kind: pack.plan.demand, rows: () => demand },
  ];
}

/**
 * Passes rows on and keeps what the report needs of them: how many, and the units of each demand. Those that an earlier reading
 * has seen are not counted again.
 */
async function* counted(
  upload: Upload,
  demandKind: string,
  units: Map<string, number>,
  counts: { supply: number; demand: number },
  counting: { seen: number; complete: boolean },
): AsyncGenerator<ListingRow> {
  let number = 0;
  for await (const row of upload.rows()) {
    number += 1;
    if (number > counting.seen) {
      counting.seen = number;
      if (upload.kind === demandKind) units.set(row.id, row.capacity?.units ?? 1);
      counts[upload.kind === demandKind ? "demand" : "supply"] += 1;
    }
    yield row;
  }
  counting.complete = true;
}

function behaviourOf(scenario: ScenarioMarket, facts: ReturnType<typeof readFacts>) {
  const { accept, decline } = scenario.run.answers ?? facts.answers;
  const { min, max } = scenario.run.answerWithinHours ?? facts.answerWithinHours;
  return { accept, decline, minHours: min, maxHours: max };
}
