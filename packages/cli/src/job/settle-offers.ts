import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Offer } from "@marketmesh/contracts/allocation/v1";
import type { Fulfilment } from "./fulfilment.ts";
import type { MarketRun } from "./market-run.ts";
import { idOf } from "./names.ts";

/** An offer that waits, and the moment of market time at which something happens to it. */
interface Waiting {
  readonly offer: Offer;
  readonly answer: "ACCEPT" | "DECLINE" | "SILENT";
  /** When it is answered; for silence, when it expires. */
  readonly atMs: number;
}

// A wave is played in this many steps of the market clock at most.
const stepsMax = 12;

/**
 * Answers every offer that waits, as its party would, and lets the silent ones expire. Moves the market clock from step to
 * step and answers at each step what is due by then; people do their tasks meanwhile. When it returns no offer waits: the wave
 * is closed.
 */
export async function settleOffers(run: MarketRun, fulfilment: Fulfilment): Promise<void> {
  const waiting = (await run.offersMade()).map((offer) => waitingOf(run, offer));
  for (const step of stepsOf(waiting)) {
    await run.answer(step.answered.map(({ offer, answer }) => ({ offer, accept: answer === "ACCEPT" })));
    await fulfilment.playUntil(step.atMs);
    await run.advanceClock(step.atMs);
  }
}

function waitingOf(run: MarketRun, offer: Offer): Waiting {
  const reply = run.reply(idOf(offer.demand), idOf(offer.supply));
  const expireMs = timestampMs(offer.expireTime!);
  const answerMs = reply.answer === "SILENT" ? expireMs : timestampMs(offer.createTime!) + reply.afterMs;
  // Whoever answers after the window has been silent.
  if (reply.answer === "SILENT" || answerMs >= expireMs) return { offer, answer: "SILENT", atMs: expireMs };
  return { offer, answer: reply.answer, atMs: answerMs };
}

interface Step {
  readonly atMs: number;
  readonly answered: readonly Waiting[];
}

/** Cuts the time until the last event into equal steps; an answer is sent at the start of the step that it falls in. */
function stepsOf(waiting: readonly Waiting[]): Step[] {
  if (waiting.length === 0) return [];
  const times = waiting.map(({ atMs }) => atMs);
  const first = Math.min(...waiting.map(({ offer }) => timestampMs(offer.createTime!)));
  const last = times.reduce((latest, atMs) => Math.max(latest, atMs), first);
  const stepMs = Math.max(1, Math.ceil((last - first) / stepsMax));
  const endOf = ({ atMs }: Waiting) => Math.min(last, first + Math.ceil((atMs - first) / stepMs) * stepMs);
  const steps = Map.groupBy(waiting, endOf);
  return [...steps.entries()]
    .sort(([left], [right]) => left - right)
    .map(([atMs, entries]) => ({
      atMs,
      answered: entries.filter(({ answer }) => answer !== "SILENT"),
    }));
}
