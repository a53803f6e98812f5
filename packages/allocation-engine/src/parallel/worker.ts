import { parentPort } from "node:worker_threads";
import type { Parcels } from "./parcels.ts";
import { solveParcels } from "./solve-parcel.ts";

/** Thread of a `SolverPool`: gets parcels in shared memory, solves what it can take, says that it is done. */
parentPort!.on("message", (parcels: Parcels) => {
  solveParcels(parcels);
  parentPort!.postMessage("done");
});
