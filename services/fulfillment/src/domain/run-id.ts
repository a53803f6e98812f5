import { createHash } from "node:crypto";
import { isResourceId } from "@marketmesh/contracts";

/**
 * The id of a workflow's run about a subject: `placement-7f3c...`, the same every time. What would be too long, or no id, is told
 * by a hash instead.
 */
export function runIdOf(workflow: string, subject: string): string {
  const id = `${workflow}-${subject.slice(subject.lastIndexOf("/") + 1)}`;
  return isResourceId(id) ? id : longRunIdOf(workflow, subject);
}

/** The id where the short one belongs to another run: an offer and its allocation have one id, `sale-x` may be a workflow, too. */
export function longRunIdOf(workflow: string, subject: string): string {
  return `${workflow.slice(0, 26)}-${uuidOf(`${workflow}/${subject}`)}`;
}

/** The id of the task that a run's effect makes: the same on every attempt. */
export function taskIdOf(market: string, run: string, effect: string): string {
  return uuidOf(`${market}/${run}/${effect}/task`);
}

/** The request id of a run's call: the called method remembers its answer by it. */
export function requestIdOf(market: string, run: string, effect: string): string {
  return uuidOf(`${market}/${run}/${effect}/request`);
}

/** A UUID by the SHA-256 of a text (version 8). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}
