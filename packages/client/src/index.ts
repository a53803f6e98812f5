export { codeName, infoOf, reasonOf } from "@marketmesh/rpc";
export { type Chunk, type ChunkRule, chunks } from "./chunks.ts";
export { type ConnectOptions, connect, type Marketmesh } from "./connect.ts";
export { items, pages } from "./pages.ts";
export { isPassing, type Patience, patiently } from "./patient.ts";
export { type SolvedGraph, type SolveGraph, type SolveSide, solveGraph } from "./solve-graph.ts";
