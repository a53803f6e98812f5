import type { Tx } from "@marketmesh/postgres";
import type { Hold, HoldRefusal } from "../domain/hold.ts";
import type { WantedPlace } from "../domain/pick-place.ts";
import { type AskedHold, type CreatedHold, createHolds } from "../ledger/create-holds.ts";
import { settleHolds } from "../ledger/settle-holds.ts";
import { insertBundle, readBundledHolds } from "../storage/bundle-store.ts";
import { holdClock } from "../storage/clock-store.ts";
import { lockHolds, readHolds } from "../storage/hold-store.ts";

/** Several supplies that one demand wants together. */
export interface AskedBundle {
  readonly id: string;
  readonly demand: string;
  /** Units of the demand that the whole bundle serves. */
  readonly demandUnits: number;
  readonly components: readonly AskedComponent[];
  readonly expireTime: Date | undefined;
  /** The party that asks; undefined: the market's staff. */
  readonly party: string | undefined;
}

export interface AskedComponent {
  readonly supply: string;
  readonly units: number;
  readonly place: WantedPlace;
}

/** One component cannot be had: nothing is to be kept. */
export class BundleRefused extends Error {
  override readonly name = "BundleRefused";
  readonly refused: Exclude<CreatedHold, { ok: true }>;

  constructor(refused: Exclude<CreatedHold, { ok: true }>) {
    super(refused.reason);
    this.refused = refused;
  }
}

/** Holds all components in one ledger; throws BundleRefused, which undoes the transaction, where one cannot be had. */
export async function createBundle(
  tx: Tx,
  market: string,
  bundle: AskedBundle,
  uuid: () => string,
): Promise<Hold[]> {
  const { demand, expireTime, party, components } = bundle;
  const asked = components.map(({ supply, units, place }, at): AskedHold & { bundle: string } => ({
    id: uuid(),
    demand,
    supply,
    units,
    place,
    // The first component claims the demand for all of them.
    demandUnits: at === 0 ? bundle.demandUnits : 0,
    expireTime,
    party,
    bundle: bundle.id,
  }));
  const holds = (await createHolds(tx, market, asked)).map((created) => {
    if (!created.ok) throw new BundleRefused(created);
    return created.hold;
  });
  const ids = holds.map(({ id }) => id);
  await insertBundle(tx, market, bundle.id, ids);
  return holds;
}

/** The holds of a bundle in the order of its components; undefined when there is no such bundle. */
export async function readBundle(tx: Tx, market: string, id: string): Promise<Hold[] | undefined> {
  const ids = await readBundledHolds(tx, market, [id]);
  return ids.length === 0 ? undefined : inOrder(ids, await readHolds(tx, market, ids));
}

/** What became of a bundle that was to be settled. */
export interface SettledBundle {
  readonly holds: readonly Hold[];
  readonly refusal: HoldRefusal | "ETAG_MISMATCH" | undefined;
}

/** Confirms or releases all holds of a bundle that is there; doing the same again changes nothing. */
export async function settleBundle(
  tx: Tx,
  market: string,
  id: string,
  to: "CONFIRMED" | "RELEASED",
  isFresh: (version: number) => boolean,
): Promise<SettledBundle> {
  const clock = await holdClock(tx, market);
  const ids = await readBundledHolds(tx, market, [id]);
  const holds = inOrder(ids, await lockHolds(tx, market, ids));
  const [first] = holds as [Hold];
  // Components share their state, their version and their time.
  if (first.state === to) return { holds, refusal: undefined };
  if (!isFresh(first.version)) return { holds, refusal: "ETAG_MISMATCH" };
  const over = to === "CONFIRMED" && first.expireTime <= clock.time;
  if (first.state !== "HELD" || over) return { holds, refusal: "HOLD_NOT_HELD" };
  const settlements = holds.map((hold) => ({ hold, to }));
  const settled = await settleHolds(tx, market, settlements, clock);
  return { holds: inOrder(ids, settled.holds), refusal: undefined };
}

function inOrder(ids: readonly string[], holds: readonly Hold[]): Hold[] {
  const byId = new Map(holds.map((hold) => [hold.id, hold]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
