import { idOf } from "@marketmesh/cli/job/names";
import { allOf } from "@marketmesh/cli/job/pages";
import type { Mesh } from "@marketmesh/cli/mesh";
import { Hold_State } from "@marketmesh/contracts/allocation/v1";
import { Run_State } from "@marketmesh/contracts/fulfillment/v1";
import { deliveryWorkflow, errandWorkflow, names } from "./market.ts";

const parent = names.market;

/** What the load knows for certain, because a call was answered. */
export class Model {
  /** How each hold must end, by its id. */
  readonly holds = new Map<string, "CONFIRMED" | "RELEASED" | "EXPIRED">();
  /** The version of each listing that was written, by its name. */
  readonly listings = new Map<string, bigint>();
  /** Runs that were started and signalled, by name. */
  readonly runs = new Set<string>();
  /** Tasks that were completed, by name. */
  readonly tasks = new Set<string>();
  readonly parties = new Set<string>();
  readonly rounds = new Set<string>();

  wrote(listing: { readonly name: string; readonly version: bigint } | undefined): void {
    if (listing) this.listings.set(listing.name, listing.version);
  }
}

/** What the mesh says otherwise than the model; nothing when all is intact. */
export async function differing(mesh: Mesh, model: Model): Promise<string[]> {
  const found = await Promise.all([
    differingHolds(mesh, model),
    differingRuns(mesh, model),
    differingListings(mesh, model),
    missing("party", model.parties, await partiesOf(mesh)),
    missing("round", model.rounds, await roundsOf(mesh)),
  ]);
  return found.flat();
}

async function differingHolds(mesh: Mesh, { holds: expected }: Model): Promise<string[]> {
  const holds = await allOf(
    (page) => mesh.allocation.listHolds({ parent, ...page }),
    (page) => page.holds,
  );
  const allocations = await allOf(
    (page) => mesh.allocation.listAllocations({ parent, ...page }),
    (page) => page.allocations,
  );
  const states = new Map(holds.map(({ name, state }) => [idOf(name), wordOf(Hold_State, state)]));
  const allocated = new Set(allocations.map(({ name }) => idOf(name)));
  const wrong = [...expected].filter(
    ([id, state]) => states.get(id) !== state || allocated.has(id) !== (state === "CONFIRMED"),
  );
  const unknown = [...states.keys()].filter((id) => !expected.has(id));
  return [
    ...wrong.map(([id, state]) => `hold ${id} is ${states.get(id)} and has to be ${state}`),
    ...unknown.map((id) => `hold ${id} is ${states.get(id)}, and nobody was told of it`),
  ];
}

async function differingRuns(mesh: Mesh, model: Model): Promise<string[]> {
  const runsOf = (workflow: string) =>
    allOf(
      (page) => mesh.fulfillment.listRuns({ parent, workflow, ...page }),
      (page) => page.runs,
    );
  const [deliveries, errands] = await Promise.all([runsOf(deliveryWorkflow), runsOf(errandWorkflow)]);
  const allocated = [...model.holds].filter(([, state]) => state === "CONFIRMED").map(([id]) => id);
  const subjects = new Set(deliveries.map(({ subject }) => idOf(subject)));
  const unended = [...deliveries, ...errands].filter(({ state }) => state !== Run_State.COMPLETED);
  return [
    ...allocated.filter((id) => !subjects.has(id)).map((id) => `allocation ${id} has no run`),
    ...(deliveries.length === allocated.length
      ? []
      : [`${allocated.length} allocations have ${deliveries.length} runs`]),
    ...missing("run", model.runs, new Set(errands.map(({ name }) => name))),
    ...unended.map(({ name, state, stage, fault }) =>
      [name, "is", wordOf(Run_State, state), "at", stage, fault?.detail ?? ""].join(" "),
    ),
  ];
}

async function differingListings(mesh: Mesh, model: Model): Promise<string[]> {
  const versions = await listingVersions(mesh);
  return [...model.listings]
    .filter(([name, version]) => versions.get(name) !== version)
    .map(([name, version]) => `${name} has version ${versions.get(name)}, ${version} was written`);
}

/** The version of every listing of the market, by name. */
export async function listingVersions(mesh: Mesh): Promise<Map<string, bigint>> {
  const listings = await allOf(
    (page) => mesh.catalog.listListings({ parent, ...page }),
    (page) => page.listings,
  );
  return new Map(listings.map(({ name, version }) => [name, version]));
}

async function partiesOf(mesh: Mesh): Promise<Set<string>> {
  const parties = await allOf(
    (page) => mesh.identity.listParties({ parent, ...page }),
    (page) => page.parties,
  );
  return new Set(parties.map(({ name }) => name));
}

async function roundsOf(mesh: Mesh): Promise<Set<string>> {
  const rounds = await allOf(
    (page) => mesh.allocation.listRounds({ parent, ...page }),
    (page) => page.rounds,
  );
  return new Set(rounds.map(({ name }) => name));
}

function missing(what: string, expected: ReadonlySet<string>, there: ReadonlySet<string>): string[] {
  return [...expected].filter((name) => !there.has(name)).map((name) => `${what} ${name} is gone`);
}

/** `HELD`: the word of an enum's value. */
export function wordOf(words: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(words).find((word) => words[word] === value) ?? String(value);
}
