import { answerSizeMax } from "../limits.ts";
import type { WorkflowEvent } from "../model.ts";
import { lets } from "./hearing.ts";
import type { Action, Machine } from "./machine.ts";
import { envelope } from "./scope.ts";

/** Looks through the mailbox, oldest first, for what the innermost task listens to. */
export function hear(machine: Machine): Action | undefined {
  const frame = machine.top;
  const node = machine.nodeOf(frame);
  if (node.kind !== "listen") return undefined;
  const scope = machine.scope(frame);
  const got = [...(frame.got ?? [])];
  const needed = node.mode === "all" ? node.filters.length : 1;
  const left: WorkflowEvent[] = [];
  for (const event of machine.mailbox) {
    const open = (at: number) => node.mode !== "all" || got.every(({ filter }) => filter !== at);
    const isFull = got.length >= needed;
    const filter = isFull ? -1 : node.filters.findIndex((one, at) => open(at) && lets(one, event, scope));
    if (filter < 0) left.push(event);
    else got.push({ filter, event });
  }
  if (left.length < machine.mailbox.length) machine.mailbox = left;
  if (got.length < needed) {
    if (got.length > 0) frame.got = got;
    return undefined;
  }
  const output = got.map(({ event }) =>
    node.read === "data" ? event.data : envelope(event, machine.start.market),
  );
  machine.bound(output, frame.p, answerSizeMax);
  return { do: "complete", output };
}
