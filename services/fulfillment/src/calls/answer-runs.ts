import type { RunEvent } from "@marketmesh/workflow-engine";
import type { Shell } from "../shell.ts";
import { RunSteps } from "../steps/run-steps.ts";
import type { CallKey } from "../storage/call-store.ts";

/** What came of a run's call. */
export interface CallAnswer {
  readonly key: CallKey;
  /** Of the step that made the call. */
  readonly traceparent: string;
  /** Its time is replaced by the market's. */
  readonly event: RunEvent;
}

/** Tells runs what came of their calls: one transaction per market, however many answers there are. */
export async function answerRuns(shell: Shell, answers: readonly CallAnswer[]): Promise<undefined[]> {
  const byMarket = new Map<string, CallAnswer[]>();
  for (const answer of answers) {
    const { market } = answer.key;
    byMarket.set(market, [...(byMarket.get(market) ?? []), answer]);
  }
  for (const [market, own] of byMarket) await answerMarket(shell, market, own);
  return answers.map(() => undefined);
}

async function answerMarket(shell: Shell, market: string, answers: readonly CallAnswer[]): Promise<void> {
  const startedMs = performance.now();
  const work = { mayRepeat: true };
  await shell.database.background(async (tx) => {
    const clock = await shell.clocks.of(tx, market);
    const nowMs = shell.nowMs();
    const runs = answers.map(({ key }) => key.run);
    const steps = await RunSteps.open(tx, shell, { market, clock, nowMs }, runs);
    for (const { key, event, traceparent } of answers) {
      const moving = steps.get(key.run);
      if (!moving) continue;
      // A call takes no market time in a sandbox: the answer comes when the question was asked.
      const atMs = clock.mode === "SANDBOX" ? moving.state.nowMs : nowMs;
      steps.apply(moving, { ...event, nowMs: atMs }, traceparent);
    }
    await steps.save();
  }, work);
  shell.telemetry.stepped("answers", performance.now() - startedMs);
}
