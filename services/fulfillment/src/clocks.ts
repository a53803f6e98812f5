import { AsyncResource } from "node:async_hooks";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import { type AllocationService, type Clock, Clock_Mode } from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import type { MarketClock } from "./domain/clock.ts";
import { claimToAsk, type KnownClock, readClocks, saveClock, type ToldClock } from "./storage/clock-store.ts";

type Allocation = Pick<Client<typeof AllocationService>, "getClock">;

const askTimeoutMs = 5_000;
/** A market that has no clock yet is real, but may become a sandbox: it is asked for again, though nobody waits long for that. */
const undecidedForMs = 2_000;
const askAgainTimeoutMs = 500;

/** What the markets' clocks are, as allocation says: asked once for each market, then told by its feed. */
export class Clocks {
  readonly #ask: (market: string, timeoutMs: number) => Promise<ToldClock>;

  constructor(allocation: Allocation) {
    // As this service, not as whoever happens to call: bound outside of any call.
    this.#ask = AsyncResource.bind(async (market: string, timeoutMs: number) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const { clock } = await allocation.getClock({ name: `markets/${market}/clock` }, { signal });
      return toldClock(clock);
    });
  }

  async of(tx: Tx, market: string): Promise<MarketClock> {
    return (await this.ofAll(tx, [market])).get(market)!;
  }

  /** By market. UNAVAILABLE when one is not known here and allocation is away. */
  async ofAll(tx: Tx, markets: readonly string[]): Promise<Map<string, MarketClock>> {
    const known = await readClocks(tx, markets);
    const undecided = markets.filter((market) => isUndecided(known.get(market)));
    // A row that every transaction of a market waited for would let one at a time through: while one asks, others go on with
    // what is known.
    const claimed = undecided.length > 0 ? await claimToAsk(tx, undecided, undecidedForMs) : [];
    const stale = markets.filter((market) => !known.has(market) || claimed.includes(market));
    for (const market of stale) {
      await saveClock(tx, market, await this.#askOrKeep(market, known.get(market)));
    }
    const fresh = stale.length > 0 ? await readClocks(tx, markets) : known;
    return new Map(markets.map((market) => [market, fresh.get(market)!.clock]));
  }

  async #askOrKeep(market: string, known: KnownClock | undefined): Promise<ToldClock> {
    if (!known) return this.#ask(market, askTimeoutMs);
    // Saved as it was: while allocation is away, one call in two seconds waits for it, not every one.
    return this.#ask(market, askAgainTimeoutMs).catch(
      () => ({ mode: "REAL", version: 0, timeMs: 0 }) as const,
    );
  }
}

/** What allocation says of a clock. */
export function toldClock(clock: Clock | undefined): ToldClock {
  return {
    mode: clock?.mode === Clock_Mode.SANDBOX ? "SANDBOX" : "REAL",
    version: Number(clock?.version ?? 0),
    timeMs: clock?.time ? timestampMs(clock.time) : 0,
  };
}

function isUndecided(known: KnownClock | undefined): boolean {
  return known?.clock.mode === "REAL" && known.version === 0 && known.ageMs > undecidedForMs;
}
