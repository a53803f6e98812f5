export { draw } from "./oracle/draw.ts";
export { type Oracle, pairOracle } from "./oracle/oracle.ts";
