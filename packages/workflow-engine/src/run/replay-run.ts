import { sameJson } from "../json.ts";
import type { HistoryEntry, RunEvent, RunStart, RunState, Step } from "../model.ts";
import type { Program } from "../program.ts";
import { advance } from "./advance-run.ts";
import { start } from "./start-run.ts";

/** The state after these entries. Throws where a step comes out otherwise: another definition ran, or entries are missing. */
export function replay(program: Program, entries: readonly HistoryEntry[]): RunState {
  let state: RunState | undefined;
  for (const entry of entries) {
    const step = again(program, state, entry);
    if (step.ignored || !sameJson(jsonOf(step.entry), jsonOf(entry))) {
      throw new Error(`step ${entry.step} does not lead where its entry says: another definition ran`);
    }
    state = step.state;
  }
  if (state === undefined) throw new Error("a run has at least the entry of its start");
  return state;
}

function again(program: Program, state: RunState | undefined, { step, event }: HistoryEntry): Step {
  if (state === undefined) {
    const first = event as unknown as { readonly kind: string } & RunStart;
    if (first.kind !== "started") throw new Error(`step ${step} is not a start`);
    return start(program, first);
  }
  return advance(program, state, event as unknown as RunEvent);
}

/** As it is when it was stored and read. */
function jsonOf(entry: HistoryEntry): unknown {
  return JSON.parse(JSON.stringify(entry));
}
