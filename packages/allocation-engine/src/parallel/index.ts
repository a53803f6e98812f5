export { optimalByComponents } from "./by-components.ts";
export { SolverPool, type SolverPoolOptions } from "./solver-pool.ts";
