import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  AllocationService,
  Clock_Mode,
  ClockAdvancedSchema,
  type ClockSchema,
} from "@marketmesh/contracts/allocation/v1";
import { announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { idsOf, invalidField } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { announcement, pack } from "../events/outbox.ts";
import { type Expired, expireDueHolds } from "../ledger/expire-holds.ts";
import { restartSchedules } from "../rounds/restart-schedules.ts";
import { settleRoundTimers } from "../rounds/round-timers.ts";
import { topics } from "../rounds/signals.ts";
import type { Shell } from "../shell.ts";
import { type Clock, lockClock, lockClockToCreate, readClock, saveClock } from "../storage/clock-store.ts";
import { marketHasHolds } from "../storage/hold-store.ts";
import { patterns } from "./names.ts";
import { refuse } from "./problem.ts";

/** Years of a sandbox clock: whatever is added to its time or taken from it can still be kept. */
const years = { first: 1_000, last: 8_999 };

const methods = AllocationService.method;
type Methods = Pick<ServiceImpl<typeof AllocationService>, "createClock" | "getClock" | "advanceClock">;

export function clock(shell: Pick<Shell, "database" | "signals">): Methods {
  return {
    createClock: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const mode = request.clock?.mode === Clock_Mode.SANDBOX ? "SANDBOX" : "REAL";
      const begin = request.clock?.time && sandboxTime(request.clock.time, "clock.time");
      if (mode === "SANDBOX" && !begin) throw invalidField("clock.time", "a sandbox clock begins at a time");
      return mutate(shell, context, { method: methods.createClock, market, request }, async (tx) => {
        const now = await lockClockToCreate(tx, market);
        if (now.version > 0 && now.mode === mode) return { clock: toClockMessage(market, now) };
        if (now.version > 0 || (await marketHasHolds(tx, market))) {
          throw refuse("CLOCK_IN_USE", `the market runs on its ${now.mode} clock already`, {
            mode: now.mode,
          });
        }
        await saveClock(tx, market, mode, begin ?? now.wallTime, 1);
        if (mode === "SANDBOX") await restartSchedules(tx, market, begin!);
        return { clock: toClockMessage(market, await readClock(tx, market)) };
      });
    },

    getClock: (request, context) => {
      const { market } = idsOf(patterns.clock, request.name);
      return read(shell, context, market, async (tx) => ({
        clock: toClockMessage(market, await readClock(tx, market)),
      }));
    },

    advanceClock: async (request, context) => {
      const { market } = idsOf(patterns.clock, request.name);
      const to = sandboxTime(request.time!, "time");
      const mutation = { method: methods.advanceClock, market, request };
      const response = await mutate(shell, context, mutation, async (tx) => {
        const before = await lockClock(tx, market);
        if (before.mode !== "SANDBOX") {
          const metadata = { market: `markets/${market}` };
          throw refuse("CLOCK_NOT_SANDBOX", "the market runs on the database's clock", metadata);
        }
        if (to <= before.time) return { clock: toClockMessage(market, before) };
        const { advanced, expired } = await advance(tx, market, before, to);
        const { offers, holds } = expired;
        const clock = toClockMessage(market, advanced);
        return { clock, expiredOffers: BigInt(offers), expiredHolds: BigInt(holds) };
      });
      shell.signals.tell(topics.offersSettled);
      shell.signals.tell(topics.roundToDo);
      return response;
    },
  };
}

function sandboxTime(given: Timestamp, field: string): Date {
  const time = timestampDate(given);
  const year = time.getUTCFullYear();
  if (year >= years.first && year <= years.last) return time;
  throw invalidField(field, `a sandbox clock stands in the years ${years.first} to ${years.last}`);
}

/** Moves the clock, ends what is due by then, and says so; nobody else settles or holds in this market meanwhile. */
async function advance(
  tx: Tx,
  market: string,
  before: Clock,
  to: Date,
): Promise<{ advanced: Clock; expired: Expired }> {
  const advanced = { ...before, time: to, version: before.version + 1 };
  await saveClock(tx, market, "SANDBOX", to, advanced.version);
  const expired = await expireDueHolds(tx, market, advanced, Number.MAX_SAFE_INTEGER);
  await settleRoundTimers(tx, market, advanced);
  const packed = pack(ClockAdvancedSchema, { clock: toClockMessage(market, advanced) });
  await announce(tx, [announcement(market, "clock", market, advanced.version - 1, packed)]);
  return { advanced, expired };
}

function toClockMessage(market: string, clock: Clock): MessageInitShape<typeof ClockSchema> {
  return {
    name: `markets/${market}/clock`,
    mode: Clock_Mode[clock.mode],
    time: timestampFromDate(clock.time),
    version: BigInt(clock.version),
  };
}
