import { randomUUID } from "node:crypto";
import { idOf } from "@marketmesh/cli/job/names";
import { allOf } from "@marketmesh/cli/job/pages";
import type { Mesh } from "@marketmesh/cli/mesh";
import { isPassing } from "@marketmesh/client";
import { Offer_State, OfferAnswer_Answer, Round_State } from "@marketmesh/contracts/allocation/v1";
import type { Ledger } from "./ledger.ts";
import { names, plans } from "./market.ts";
import { listingVersions, type Model, wordOf } from "./model.ts";

/** What keepers work with. */
export interface Keeping {
  /** Whose calls are written down. */
  readonly mesh: Mesh;
  /** The same without, for streams. */
  readonly streams: Mesh;
  readonly ledger: Ledger;
  readonly model: Model;
  /** Aborted when the load is to end. */
  readonly signal: AbortSignal;
  pause(ms: number): Promise<void>;
  /** A call failed: the ledger counts it, and what is kept goes on. */
  note(what: string, error: unknown): void;
}

const parent = names.market;

/** Somebody who does every task that there is. */
export async function doTasks({ mesh, model, signal, pause, note }: Keeping): Promise<void> {
  const complete = async (name: string) => {
    await mesh.fulfillment.completeTask({ name, requestId: randomUUID() });
    model.tasks.add(name);
  };
  while (!signal.aborted) {
    await mesh.fulfillment
      .listTasks({ parent, type: "ship", pageSize: 20 })
      .then(({ tasks }) => Promise.all(tasks.map(({ name }) => complete(name))))
      .catch((error) => note("tasks", error));
    await pause(500);
  }
}

/** Round after round, each watched until it is committed; its offers are taken, refused or left, one after the other. */
export async function decideRounds(keeping: Keeping): Promise<void> {
  const { signal, pause, note } = keeping;
  for (let number = 1; !signal.aborted; number += 1) {
    await decideRound(keeping, `round-${number}`).catch((error) => note(`round ${number}`, error));
    await pause(4_000);
  }
}

async function decideRound(keeping: Keeping, roundId: string): Promise<void> {
  const { mesh, streams, ledger, model } = keeping;
  const requestId = randomUUID();
  await mesh.allocation.createRound({ parent, roundId, round: { plan: plans.rounds }, requestId });
  const name = names.of("rounds", roundId);
  model.rounds.add(name);
  await ledger.streamed("allocation.watchRound", async () => {
    let state: Round_State = Round_State.UNSPECIFIED;
    for await (const { round } of streams.allocation.watchRound({ name })) state = round!.state;
    if (state !== Round_State.COMMITTED && state !== Round_State.SETTLED)
      throw new Error(`${name} ended as ${wordOf(Round_State, state)}`);
  });
  await answerOffers(keeping, name);
}

async function answerOffers({ mesh, model }: Keeping, round: string): Promise<void> {
  const offers = await allOf(
    (page) => mesh.allocation.listOffers({ parent, round, ...page }),
    (page) => page.offers,
  );
  const answers = offers.flatMap(({ name }, at) => {
    if (at % 8 === 7) {
      model.holds.set(idOf(name), "EXPIRED");
      return [];
    }
    return [{ offer: name, answer: at % 8 === 6 ? OfferAnswer_Answer.DECLINE : OfferAnswer_Answer.ACCEPT }];
  });
  if (answers.length === 0) return;
  const answered = await mesh.allocation.batchAnswerOffers({ parent, answers, requestId: randomUUID() });
  for (const { offer, state } of answered.offers) {
    if (state === Offer_State.ACCEPTED) model.holds.set(idOf(offer), "CONFIRMED");
    else model.holds.set(idOf(offer), state === Offer_State.DECLINED ? "RELEASED" : "EXPIRED");
  }
}

/** Reads exports to their end; each must hold every listing that was written before it began. */
export async function readExports(keeping: Keeping, missed: string[]): Promise<void> {
  const { streams, ledger, model, signal, pause } = keeping;
  while (!signal.aborted) {
    const before = [...model.listings.keys()];
    await ledger.streamed("catalog.exportListings", async () => {
      const exported = new Set<string>();
      for await (const { part } of streams.catalog.exportListings({ parent })) {
        if (part.case === "block") for (const id of part.value.ids) exported.add(id);
      }
      const lacking = before.filter((name) => !exported.has(idOf(name)));
      if (lacking.length > 0)
        missed.push(`an export lacks ${lacking.length} listings, such as ${lacking[0]}`);
    });
    await pause(2_000);
  }
}

/** Keeps a copy of all listings by a watch. When it breaks off, it is begun again and everything is listed once more. */
export class Watcher {
  readonly versions = new Map<string, bigint>();
  /** How often the watch had to be begun again. */
  reconnects = 0;

  async follow({ mesh, streams, signal, pause }: Keeping): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const { listing } of streams.catalog.watchListings({ parent }, { signal })) {
          if (listing) this.#saw(listing.name, listing.version);
          else for (const [name, version] of await listingVersions(mesh)) this.#saw(name, version);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error)) throw error;
      }
      this.reconnects += 1;
      await pause(50);
    }
  }

  #saw(name: string, version: bigint): void {
    if ((this.versions.get(name) ?? 0n) < version) this.versions.set(name, version);
  }
}
