import { parentPort } from "node:worker_threads";
import { laborReal } from "./labor-real.ts";
import { type OutcomeTask, playOutcome } from "./outcome-run.ts";

const graph = await laborReal();
parentPort!.on("message", (task: OutcomeTask) => parentPort!.postMessage(playOutcome(graph, task)));
