import { randomUUID } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { idOf } from "@marketmesh/cli/job/names";
import type { Mesh } from "@marketmesh/cli/mesh";
import { errandWorkflow, held, names, offered, plans, standing, want } from "./market.ts";
import type { Model } from "./model.ts";

/** What a story is told with. */
export interface Teller {
  readonly mesh: Mesh;
  readonly model: Model;
  /** Of the story: tells it from others, and decides what happens in it. */
  readonly number: number;
  pause(ms: number): Promise<void>;
}

type Story = (teller: Teller) => Promise<void>;

const parent = names.market;
/** Of holds that are forgotten: more than it takes to ask for one on a busy machine. */
const hastyHoldMs = 12_000;
const holdMs = 600_000;

/** One after the other, again and again: what callers do, in the shares in which they do it. */
export const stories: readonly Story[] = [
  sale,
  look,
  hold,
  look,
  errand,
  sale,
  check,
  wish,
  look,
  sale,
  party,
  item,
  look,
  hastySale,
  hold,
  check,
];

async function demanded({ mesh, model, number }: Teller): Promise<{ name: string; revision: string }> {
  const listing = {
    kind: names.of("kinds", "buyer-want"),
    capacity: { units: 1n },
    attributes: want(number),
  };
  const created = await mesh.catalog.createListing({
    parent,
    listingId: `want-${number}`,
    listing,
    requestId: randomUUID(),
  });
  model.wrote(created.listing);
  const published = await mesh.catalog.publishListing({
    name: created.listing!.name,
    requestId: randomUUID(),
  });
  model.wrote(published.listing);
  return published.listing!;
}

/** A buyer asks, is made an offer, and answers it. */
async function sale(teller: Teller): Promise<void> {
  const { mesh, model, number, pause } = teller;
  for (const id of await decided(teller, plans.patient)) {
    const name = names.of("offers", id);
    await pause(200);
    const accepts = number % 4 !== 0;
    if (accepts) await mesh.allocation.acceptOffer({ name, requestId: randomUUID() });
    else await mesh.allocation.declineOffer({ name, requestId: randomUUID() });
    model.holds.set(id, accepts ? "CONFIRMED" : "RELEASED");
    await mesh.allocation.getOffer({ name });
  }
}

/** A buyer asks and is never heard of again. */
async function hastySale(teller: Teller): Promise<void> {
  for (const id of await decided(teller, plans.hasty)) teller.model.holds.set(id, "EXPIRED");
}

/** The holds that a plan makes for a new demand. */
async function decided(teller: Teller, plan: string): Promise<string[]> {
  const demand = await demanded(teller);
  const { decision } = await teller.mesh.allocation.allocateNow({
    plan,
    demand: demand.name,
    revisions: [demand.revision],
    requestId: randomUUID(),
  });
  return decision!.outcomes.map((outcome) => idOf(outcome.hold));
}

/** A demand that a round will find. */
async function wish(teller: Teller): Promise<void> {
  await demanded(teller);
}

/** A caller holds a pair of its own choice, and confirms it, lets it go, or forgets it. */
async function hold({ mesh, model, number, pause }: Teller): Promise<void> {
  const taken = await mesh.allocation.createHold({
    parent,
    hold: {
      demand: names.listing(standing[number % standing.length]!.id),
      supply: names.listing(held[number % held.length]!),
      expireTime: timestampFromMs(Date.now() + (number % 3 === 0 ? hastyHoldMs : holdMs)),
    },
    requestId: randomUUID(),
  });
  const { name } = taken.hold!;
  if (number % 3 === 0) {
    model.holds.set(idOf(name), "EXPIRED");
    return;
  }
  await pause(500);
  await mesh.allocation.getHold({ name });
  if (number % 3 === 1) await mesh.allocation.confirmHold({ name, requestId: randomUUID() });
  else await mesh.allocation.releaseHold({ name, requestId: randomUUID() });
  model.holds.set(idOf(name), number % 3 === 1 ? "CONFIRMED" : "RELEASED");
}

/** A seller lists an item and changes its price. */
async function item({ mesh, model, number, pause }: Teller): Promise<void> {
  const listing = { kind: names.of("kinds", "goods-item"), attributes: offered(90) };
  const listingId = `item-${number}`;
  const created = await mesh.catalog.createListing({ parent, listingId, listing, requestId: randomUUID() });
  model.wrote(created.listing);
  await pause(300);
  const updated = await mesh.catalog.updateListing({
    listing: { name: created.listing!.name, etag: created.listing!.etag, attributes: offered(80) },
    updateMask: { paths: ["attributes"] },
    requestId: randomUUID(),
  });
  model.wrote(updated.listing);
}

/** A run that waits for a signal, and gets it. */
async function errand({ mesh, model, pause }: Teller): Promise<void> {
  const { run } = await mesh.fulfillment.startRun({
    parent,
    run: { workflow: errandWorkflow },
    requestId: randomUUID(),
  });
  await pause(1_000);
  await mesh.fulfillment.signalRun({ name: run!.name, type: "go", requestId: randomUUID() });
  model.runs.add(run!.name);
  await mesh.fulfillment.getRun({ name: run!.name });
}

async function party({ mesh, model, number }: Teller): Promise<void> {
  const created = await mesh.identity.createParty({
    parent,
    partyId: `p${number}`,
    party: { displayName: "A" },
    requestId: randomUUID(),
  });
  model.parties.add(created.party!.name);
  await mesh.identity.getParty({ name: created.party!.name });
}

/** Reads of what is stored. */
async function look({ mesh, number }: Teller): Promise<void> {
  const pageSize = 20;
  switch (number % 6) {
    case 0:
      return void (await mesh.catalog.getListing({ name: names.listing(held[number % held.length]!) }));
    case 1:
      return void (await mesh.catalog.listListings({ parent, pageSize }));
    case 2:
      return void (await mesh.allocation.listOffers({ parent, pageSize }));
    case 3:
      return void (await mesh.fulfillment.listRuns({ parent, pageSize }));
    case 4:
      return void (await mesh.identity.getMarket({ name: parent }));
    default:
      return void (await mesh.allocation.listCapacityLevels({ parent, pageSize }));
  }
}

/** Questions to what is held in memory. */
async function check({ mesh, number }: Teller): Promise<void> {
  const supply = { subject: { case: "listing" as const, value: names.listing(held[number % held.length]!) } };
  const demand = { subject: { case: "attributes" as const, value: want(number) } };
  if (number % 2 === 0) {
    const policy = names.of("policies", "may-be-sold");
    await mesh.eligibility.checkEligibility({ policy, supply, demand });
    await mesh.eligibility.listEligible({ policy, demand, pageSize: 20 });
  } else {
    const model = names.of("models", "buyer-sees-item");
    await mesh.scoring.scorePairs({ model, pairs: [{ supply, demand }] });
  }
}
