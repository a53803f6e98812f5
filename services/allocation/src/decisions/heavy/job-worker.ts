import { parentPort } from "node:worker_threads";
import { EngineError } from "@marketmesh/allocation-engine";
import { ScenarioError } from "@marketmesh/simulator";
import { engineTools } from "../../solver/engine-tools.ts";
import { type Job, workOn } from "./job.ts";

/** What the thread tells. */
export type WorkerMessage =
  | { readonly kind: "ANSWER"; readonly answer: unknown }
  | { readonly kind: "DONE" }
  /** What was asked cannot be: a plan that contradicts the graph. */
  | { readonly kind: "REFUSED"; readonly message: string };

// One job after the other, as they are sent.
const port = parentPort;
if (!port) throw new Error("this file is the entry of a worker thread");
port.on("message", async (job: Job) => {
  try {
    for (const answer of workOn(job, await engineTools())) tell({ kind: "ANSWER", answer });
    tell({ kind: "DONE" });
  } catch (error) {
    if (!(error instanceof EngineError) && !(error instanceof ScenarioError)) throw error;
    tell({ kind: "REFUSED", message: error.message });
  }
});

function tell(message: WorkerMessage): void {
  port!.postMessage(message);
}
