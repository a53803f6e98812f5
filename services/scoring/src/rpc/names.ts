import { namePatterns } from "@marketmesh/contracts";

/** The shared names, and the collection that only this service has. */
export const patterns = { ...namePatterns, statistics: "markets/{market}/statistics/{statistics}" } as const;
