import type { Hold } from "../domain/hold.ts";

/** A hold with sensible values where none are given. */
export function holdOf(given: Partial<Hold> & Pick<Hold, "id">): Hold {
  return {
    demand: "demand",
    supply: "supply",
    units: 1,
    groupValue: undefined,
    state: "HELD",
    demandOwner: "",
    supplyOwner: "",
    score: 0,
    supplyScore: 0,
    plan: "p",
    round: "",
    decision: "",
    offered: false,
    expireTime: new Date(1_000),
    createTime: new Date(0),
    settleTime: undefined,
    releasedUnits: 0,
    remainderOf: "",
    version: 1,
    ...given,
  };
}
