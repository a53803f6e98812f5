import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Clock_Mode, HoldRest } from "@marketmesh/contracts/allocation/v1";
import { Listing_State, ListingUpdatedSchema } from "@marketmesh/contracts/catalog/v1";
import { EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { sql } from "drizzle-orm";
import { onListing } from "../../src/events/on-listing.ts";
import { pack } from "../../src/events/outbox.ts";
import { brokenCapacity } from "../../src/testing/audit.ts";
import { type App, listing, market, parent, refusalOf } from "../start-allocation.ts";
import type { Step, StepOf } from "./steps.ts";

const begin = Date.parse("2030-01-01T00:00:00Z");
const atHour = (hour: number) => timestampFromDate(new Date(begin + hour * 3_600_000));
const reason = "model";

/** A hold by its name; of a bundle, that of its first component and the bundle's own. */
interface Named {
  readonly hold: string;
  readonly bundle?: string;
}

/** Carries steps out on the service. Each run has listings of its own; the market's clock goes on from run to run. */
export class Real {
  hour = 0;
  readonly #app: App;
  #run = 0;
  #units: number[] = [];
  #versions: number[] = [];
  #claims: Named[] = [];

  constructor(app: App) {
    this.#app = app;
  }

  async startClock(): Promise<void> {
    await this.#app.staff.createClock({ parent, clock: { mode: Clock_Mode.SANDBOX, time: atHour(0) } });
  }

  async newRun(units: number): Promise<void> {
    this.#run++;
    this.#claims = [];
    this.#units = [units, units];
    this.#versions = [0, 0];
    await this.#announce("d0", units, 1);
    await this.#announce("d1", units, 1);
    for (const supply of [0, 1]) await this.#catalog({ do: "catalog", supply, delta: 0 });
  }

  /** The reason of the refusal, or OK. */
  async take(step: Step): Promise<string> {
    const refusal = await refusalOf(this.#doIt(step));
    return refusal === "was not refused" ? "OK" : refusal.split(" ")[1]!;
  }

  async #doIt(step: Step): Promise<void> {
    const { staff, inventory } = this.#app;
    if (step.do === "hold") return this.#hold(step);
    if (step.do === "bundle") return this.#bundle(step);
    if (step.do === "settle") return this.#settle(step);
    if (step.do === "renew") {
      const claim = this.#claims[step.nth % this.#claims.length];
      if (claim) await staff.renewHold({ name: claim.hold, expireTime: atHour(this.hour + step.hours) });
    } else if (step.do === "advance") {
      this.hour += step.hours;
      await staff.advanceClock({ name: `${parent}/clock`, time: atHour(this.hour) });
    } else if (step.do === "catalog") await this.#catalog(step);
    else {
      const name = { listing: this.#name(`s${step.supply}`), reason };
      if (step.do === "transfer") {
        const { from, to, units } = step;
        await inventory.transferStock({ ...name, fromLocation: from, toLocation: to, units: BigInt(units) });
      } else if (step.do === "count") {
        const counted = { countedUnits: BigInt(step.counted), allocatedGone: step.gone };
        await inventory.recordStockCount({ ...name, location: step.location, ...counted });
      } else if (step.do === "slot") await this.#slot(step);
      else if (step.do === "embargo") {
        await inventory.setEmbargo({ ...name, embargoUntil: atHour(this.hour + step.hours) });
      } else {
        const { location } = step;
        const delta = BigInt(step.delta);
        if (step.do === "receive") await inventory.receiveStock({ ...name, location, units: delta });
        else if (step.do === "writeOff") await inventory.writeOffStock({ ...name, location, units: -delta });
        else if (step.do === "correct") await inventory.correctStock({ ...name, location, delta });
        else await staff.adjustCapacity({ ...name, delta });
      }
    }
  }

  async #hold({ demand, supply, units, location, slot, hours }: StepOf<"hold">): Promise<void> {
    const pair = { demand: this.#name(`d${demand}`), supply: this.#name(`s${supply}`), units: BigInt(units) };
    const hold = { ...pair, location, slot, expireTime: atHour(this.hour + hours) };
    this.#claims.push({ hold: (await this.#app.staff.createHold({ parent, hold })).hold!.name });
  }

  async #bundle({ demand, demandUnits, parts, hours }: StepOf<"bundle">): Promise<void> {
    const components = parts.map(({ supply, units, location }) => {
      return { supply: this.#name(`s${supply}`), units: BigInt(units), location };
    });
    const wanted = { demand: this.#name(`d${demand}`), demandUnits: BigInt(demandUnits), components };
    const asked = { parent, bundle: { ...wanted, expireTime: atHour(this.hour + hours) } };
    const { bundle } = await this.#app.inventory.createBundle(asked);
    this.#claims.push({ hold: bundle!.components[0]!.hold, bundle: bundle!.name });
  }

  async #settle({ nth, to, units, keep }: StepOf<"settle">): Promise<void> {
    const { staff, inventory } = this.#app;
    const claim = this.#claims[nth % this.#claims.length];
    if (!claim) return;
    const confirms = to === "CONFIRMED";
    const { bundle: name } = claim;
    if (name !== undefined) {
      await (confirms ? inventory.confirmBundle({ name }) : inventory.releaseBundle({ name }));
    } else if (!confirms) await staff.releaseHold({ name: claim.hold });
    else {
      const rest = keep ? HoldRest.KEEP : HoldRest.RELEASE;
      const answer = await staff.confirmHold({ name: claim.hold, units: BigInt(units), rest });
      if (answer.rest) this.#claims.push({ hold: answer.rest.name });
    }
  }

  async #slot({ supply, slot: id, start, hours, units, replace }: StepOf<"slot">): Promise<void> {
    const [startTime, endTime] = [atHour(this.hour + start), atHour(this.hour + start + hours)];
    const slot = { id, startTime, endTime, units: BigInt(units) };
    const name = { listing: this.#name(`s${supply}`), reason };
    const { inventory } = this.#app;
    await (replace
      ? inventory.replaceSlots({ ...name, slots: [slot] })
      : inventory.defineSlot({ ...name, slot }));
  }

  async #catalog({ supply, delta }: StepOf<"catalog">): Promise<void> {
    this.#units[supply]! += delta;
    this.#versions[supply]! += 1;
    await this.#announce(`s${supply}`, this.#units[supply]!, this.#versions[supply]!);
  }

  // As catalog's feed brings it, without the way over the broker.
  async #announce(id: string, units: number, version: number): Promise<void> {
    const kind = `${parent}/kinds/${id.startsWith("s") ? "tool" : "want"}`;
    const state = Listing_State.ACTIVE;
    const capacity = { units: BigInt(units) };
    const fact = { name: this.#name(id), kind, state, capacity, version: BigInt(version), ordinalEpoch: 1n };
    const envelope = create(EnvelopeSchema, { market, fact: pack(ListingUpdatedSchema, { listing: fact }) });
    const side = async (name: string) => (name.endsWith("want") ? "DEMAND" : "SUPPLY");
    await this.#app.database.background((tx) => onListing(side, tx, [envelope]));
  }

  #name(id: string): string {
    return listing(`r${this.#run}-${id}`);
  }

  /** What each listing of this run has at each place: on hand, held, allocated. */
  async state(): Promise<Record<string, Record<string, number[]>>> {
    const prefix = `r${this.#run}-`;
    const rows = await this.#app.database.background((tx) =>
      tx.execute<{ id: string; place: string; units: number[] }>(sql`
        select listing_id as id, '/' as place, array[on_hand - pooled_on_hand, held - pooled_held,
          allocated - pooled_allocated]::float8[] as units
        from capacity_levels where listing_id like ${`${prefix}%`}
        union all
        select listing_id, location || '/' || slot, array[on_hand, held, allocated]::float8[]
        from capacity_pools where listing_id like ${`${prefix}%`}`),
    );
    const byListing = Map.groupBy(rows, ({ id }) => id.slice(prefix.length));
    const places = (of: readonly { readonly place: string; readonly units: number[] }[]) =>
      Object.fromEntries(of.map(({ place, units }) => [place, units]));
    return Object.fromEntries([...byListing].map(([id, of]) => [id, places(of)]));
  }

  broken(): Promise<string[]> {
    return this.#app.database.background((tx) => brokenCapacity(tx));
  }
}
