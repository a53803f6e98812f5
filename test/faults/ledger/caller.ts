import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Marketmesh } from "@marketmesh/client";
import { reasonOf } from "@marketmesh/client";
import { Hold_State, HoldRest, HoldSettlement_Action } from "@marketmesh/contracts/allocation/v1";
import type { Journal } from "./journal.ts";
import { demandIds, locations, market, supplyIds } from "./listings.ts";

const parent = `markets/${market}`;
const listing = (id: string) => `${parent}/listings/${id}`;
const idOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);
const batch = 100;
const changesAtOnce = 12;
const answerMs = 20_000;
const triesMax = 2_000;
const pauseMs = 40;

/** What may be tried again as it is: the caller does not know whether it was done. */
const uncertain = [Code.Unavailable, Code.DeadlineExceeded, Code.Aborted, Code.ResourceExhausted];

interface Own {
  readonly name: string;
  readonly units: number;
}

/** One caller: asks for one thing after the other, and for each until it is answered, under one request id. */
export class Caller {
  readonly #mesh: Pick<Marketmesh, "allocation" | "inventory">;
  readonly #journal: Journal;
  readonly #below: (bound: number) => number;
  readonly #key: string;
  #requests = 0;
  /** Holds that this caller took and may settle. */
  #own: Own[] = [];
  #bundles: { readonly name: string; readonly holds: readonly string[] }[] = [];

  constructor(
    mesh: Pick<Marketmesh, "allocation" | "inventory">,
    journal: Journal,
    key: string,
    below: (bound: number) => number,
  ) {
    this.#mesh = mesh;
    this.#journal = journal;
    this.#key = key;
    this.#below = below;
  }

  /** One turn: mostly batches, for they are most of the operations; the rest of them one by one. */
  async turn(): Promise<void> {
    const dice = this.#below(100);
    if (dice < 35) return this.#hold();
    if (dice < 75) return this.#settle();
    if (dice < 88) return this.#changeSome();
    if (dice < 93) return this.#bundle();
    if (dice < 96) return this.#renew();
    return this.#holdOneByOne();
  }

  async #hold(): Promise<void> {
    const lifeMs = this.#below(6) === 0 ? 500 + this.#below(2_500) : 3_600_000;
    const holds = Array.from({ length: batch }, () => this.#pair(lifeMs));
    const { allocation } = this.#mesh;
    const answer = await this.#ask((requestId, options) =>
      allocation.batchCreateHolds({ parent, holds, requestId }, options),
    );
    for (const { hold } of answer?.holds ?? []) {
      this.#journal.counts.holds++;
      if (hold) this.#took(hold.name, Number(hold.units));
      else this.#journal.counts.refused++;
    }
  }

  async #holdOneByOne(): Promise<void> {
    const calls = Array.from({ length: 8 }, async () => {
      const hold = this.#pair(3_600_000);
      const { allocation } = this.#mesh;
      const answer = await this.#ask((requestId, options) =>
        allocation.createHold({ parent, hold, requestId }, options),
      );
      this.#journal.counts.holds++;
      if (answer?.hold) this.#took(answer.hold.name, Number(answer.hold.units));
    });
    await Promise.all(calls);
  }

  #pair(lifeMs: number) {
    const units = BigInt(1 + this.#below(3));
    const expireTime = timestampFromMs(Date.now() + lifeMs);
    const [demand, supply] = [demandIds, supplyIds].map((ids) => listing(this.#one(ids)));
    // Half of the listings have nothing elsewhere: they are claimed without a word about places.
    const location = this.#below(4) === 0 ? this.#one(locations) : "";
    return { demand: demand!, supply: supply!, units, expireTime, location };
  }

  #took(name: string, units: number): void {
    this.#own.push({ name, units });
    this.#journal.holds.set(idOf(name), { state: "HELD", units });
  }

  async #settle(): Promise<void> {
    const own = this.#own.splice(0, batch);
    if (own.length === 0) return;
    const settlements = own.map(({ name, units }) => {
      const action = this.#below(2) === 0 ? HoldSettlement_Action.CONFIRM : HoldSettlement_Action.RELEASE;
      const partly = units > 1 && this.#below(3) === 0;
      const rest = this.#below(2) === 0 ? HoldRest.KEEP : HoldRest.RELEASE;
      return { hold: name, action, units: partly ? 1n : 0n, rest };
    });
    const { allocation } = this.#mesh;
    const answer = await this.#ask((requestId, options) =>
      allocation.batchSettleHolds({ parent, settlements, requestId }, options),
    );
    answer?.holds.forEach(({ hold, state, reason, rest }, at) => {
      const { action, units: asked } = settlements[at]!;
      const confirms = action === HoldSettlement_Action.CONFIRM;
      this.#journal.counts[confirms ? "confirms" : "releases"]++;
      if (reason !== "") this.#journal.counts.refused++;
      else {
        const { units } = own[at]!;
        const done = confirms && asked > 0n ? Number(asked) : units;
        const told = { state: confirms ? "CONFIRMED" : "RELEASED", units: done } as const;
        this.#journal.holds.set(idOf(hold), told);
        if (rest !== "") this.#took(rest, units - done);
        if (state !== (confirms ? Hold_State.CONFIRMED : Hold_State.RELEASED))
          this.#journal.unexpected.push(`${hold} was settled and is in state ${state}`);
      }
    });
  }

  async #renew(): Promise<void> {
    const own = this.#own[this.#below(Math.max(1, this.#own.length))];
    if (!own) return;
    const expireTime = timestampFromMs(Date.now() + 3_600_000 + this.#below(1_000_000));
    const { allocation } = this.#mesh;
    await this.#ask((requestId, options) =>
      allocation.renewHold({ name: own.name, expireTime, requestId }, options),
    );
    this.#journal.counts.renewals++;
  }

  async #bundle(): Promise<void> {
    const { inventory } = this.#mesh;
    const { counts, holds } = this.#journal;
    const known = this.#bundles.pop();
    counts.bundles++;
    if (known) {
      const confirms = this.#below(2) === 0;
      const { name } = known;
      const answer = await this.#ask(
        (requestId, options): Promise<unknown> =>
          confirms
            ? inventory.confirmBundle({ name, requestId }, options)
            : inventory.releaseBundle({ name, requestId }, options),
      );
      const state = confirms ? "CONFIRMED" : "RELEASED";
      if (answer) for (const id of known.holds) holds.set(id, { ...holds.get(id)!, state });
      return;
    }
    const components = Array.from({ length: 2 + this.#below(3) }, () => {
      return { supply: listing(this.#one(supplyIds)), units: BigInt(1 + this.#below(2)) };
    });
    const bundle = {
      demand: listing(this.#one(demandIds)),
      components,
      expireTime: timestampFromMs(Date.now() + 3_600_000),
    };
    const answer = await this.#ask((requestId, options) =>
      inventory.createBundle({ parent, bundle, requestId }, options),
    );
    if (!answer?.bundle) return;
    const taken = answer.bundle.components;
    for (const { hold, units } of taken) holds.set(idOf(hold), { state: "HELD", units: Number(units) });
    this.#bundles.push({ name: answer.bundle.name, holds: taken.map(({ hold }) => idOf(hold)) });
  }

  async #changeSome(): Promise<void> {
    await Promise.all(Array.from({ length: changesAtOnce }, () => this.#change()));
  }

  async #change(): Promise<void> {
    const { inventory, allocation } = this.#mesh;
    const name = listing(this.#one(supplyIds));
    const [from, to] = this.#below(2) === 0 ? ["", "north"] : ["north", "south"];
    const location = this.#one(locations);
    const units = BigInt(1 + this.#below(40));
    const delta = BigInt(this.#below(2) === 0 ? 5 : -5);
    const dice = this.#below(6);
    const reason = this.#nextRequest();
    const answer = await this.#askAs(reason, (requestId, options): Promise<unknown> => {
      const asked = { listing: name, reason: requestId, requestId };
      if (dice < 2) return inventory.receiveStock({ ...asked, location, units }, options);
      if (dice === 2) return inventory.writeOffStock({ ...asked, location, units: 3n }, options);
      if (dice === 3) return allocation.adjustCapacity({ ...asked, delta }, options);
      if (dice === 4) {
        return inventory.transferStock(
          { ...asked, fromLocation: from!, toLocation: to!, units: 2n },
          options,
        );
      }
      return inventory.recordStockCount({ ...asked, location, countedUnits: 100n + units }, options);
    });
    this.#journal.counts.changes++;
    this.#journal.changes.set(reason, answer ? "TAKEN" : "REFUSED");
  }

  #nextRequest(): string {
    this.#requests++;
    return `${this.#key}-${this.#requests}`;
  }

  #ask<T>(call: (requestId: string, options: { timeoutMs: number }) => Promise<T>): Promise<T | undefined> {
    return this.#askAs(this.#nextRequest(), call);
  }

  /** Asks until there is an answer; undefined: it was refused. A caller that is cut off does not know, and asks the same again. */
  async #askAs<T>(
    requestId: string,
    call: (requestId: string, options: { timeoutMs: number }) => Promise<T>,
  ): Promise<T | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await call(requestId, { timeoutMs: answerMs });
      } catch (cause) {
        const error = ConnectError.from(cause);
        if (error.code === Code.FailedPrecondition || reasonOf(error) === "POOL_NOT_FOUND") {
          this.#journal.counts.refused++;
          return undefined;
        }
        if (!uncertain.includes(error.code) || tries === triesMax) {
          this.#journal.unexpected.push(`${requestId}: ${error.message}`);
          return undefined;
        }
        this.#journal.counts.retries++;
        await new Promise((resolve) => setTimeout(resolve, pauseMs + this.#below(pauseMs)));
      }
    }
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)]!;
  }
}
