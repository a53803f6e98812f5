import type { App } from "./start-allocation.ts";

/** So many listings of a side: d1, d2, … */
export const side = (letter: string, count: number, of: "SUPPLY" | "DEMAND") =>
  Array.from({ length: count }, (_, n) => ({ id: `${letter}${n + 1}`, side: of }));

/** d1 and d2 both like s1 best; d1 minds the other one little. */
export async function twoByTwo(app: App): Promise<void> {
  const scores: Record<string, number> = { "d1-s1": 900, "d1-s2": 800, "d2-s1": 700, "d2-s2": 100 };
  app.world.demandScore = (demand, supply) => scores[`${demand}-${supply}`]! * 1_000;
  await app.list(...side("d", 2, "DEMAND"), ...side("s", 2, "SUPPLY"));
}
