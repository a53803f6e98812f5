import type { Gate } from "../decisions/heavy/gate.ts";
import type { SolutionStore } from "./solution-store.ts";

/** What the solver needs: no database, no neighbour. */
export interface SolverShell {
  readonly gate: Pick<Gate, "takeThread">;
  readonly solutions: SolutionStore;
  readonly uuid: () => string;
}
