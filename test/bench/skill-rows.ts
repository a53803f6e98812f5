import { Draw, type ListingRow } from "@marketmesh/markets";

// A vocabulary as skewed as that of real job adverts: few skills are everywhere, most are rare.
const vocabulary = Array.from({ length: 8_000 }, (_, rank) => `skill ${rank}`);

function skills(draw: Draw): string[] {
  const count = draw.between(4, 14);
  return Array.from({ length: count }, () => {
    const rank = Math.floor(draw.unit() ** 3 * vocabulary.length);
    return vocabulary[rank]!;
  });
}

/** Listings that look like the real ones of the labor-real scenario, made on the spot. */
export function* skillRows(side: "supply" | "demand", count: number): Generator<ListingRow> {
  for (let n = 1; n <= count; n += 1) {
    const draw = new Draw(1, side, n);
    const id = `${side}-${String(n).padStart(6, "0")}`;
    const list = [...new Set(skills(draw))];
    if (side === "supply") yield { id, attributes: { skills: list } };
    else yield { id, capacity: { units: draw.between(1, 5) }, attributes: { required_skills: list } };
  }
}
