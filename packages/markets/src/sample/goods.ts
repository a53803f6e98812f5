import { Draw } from "../random.ts";
import type { ListingRow, Sample } from "../row.ts";

export interface Category {
  readonly weight: number;
  readonly price: number;
  readonly brands: readonly string[];
  readonly sizes: readonly string[];
}

export interface GoodsFacts {
  readonly size: {
    readonly supply: number;
    readonly stocked: number;
    readonly demand: number;
    readonly sellers: number;
  };
  readonly countries: Readonly<Record<string, number>>;
  readonly categories: Readonly<Record<string, Category>>;
  readonly race: { readonly buyers: number; readonly alternatives: number };
}

/** One-of-a-kind and stocked items of many sellers, and what buyers want; brands and sizes are skewed. */
export function goodsSample(facts: GoodsFacts, seed: number): Sample {
  const supply = Array.from({ length: facts.size.supply }, (_, n) => item(facts, seed, n));
  const demand = Array.from({ length: facts.size.demand }, (_, n) => want(facts, seed, n));
  return { parties: partiesOf(supply, demand), supply, demand };
}

/** Buyers who all want the same unique item most, and fewer alternatives than buyers: some get nothing. */
export function goodsRace(facts: GoodsFacts, seed: number): Sample {
  const [name, category] = Object.entries(facts.categories)[0]!;
  const lot = { item_category: name, brand_name: category.brands[0]!, item_size: category.sizes[4] ?? "" };
  const supply = Array.from({ length: facts.race.alternatives + 1 }, (_, n): ListingRow => {
    const draw = new Draw(seed, "lot", n);
    return {
      id: `lot${String(n).padStart(5, "0")}`,
      owner: `s${String(n % 7)}`,
      attributes: {
        ...lot,
        condition_grade: n === 0 ? 5 : draw.between(3, 4),
        asking_price: n === 0 ? 10 : draw.between(40, 90),
        ships_to: Object.keys(facts.countries),
        seller_rating: 5,
        handling_days: 1,
      },
    };
  });
  const demand = Array.from({ length: facts.race.buyers }, (_, n): ListingRow => {
    const country = Object.keys(facts.countries)[n % Object.keys(facts.countries).length]!;
    return {
      id: `bid${String(n + 1).padStart(5, "0")}`,
      owner: `b${String(n + 1).padStart(5, "0")}`,
      attributes: {
        wanted_category: name,
        wanted_brands: [],
        min_condition_grade: 3,
        price_limit: 100,
        accepted_sizes: [],
        ship_to_country: country,
      },
    };
  });
  return { parties: partiesOf(supply, demand), supply, demand };
}

function item(facts: GoodsFacts, seed: number, n: number): ListingRow {
  const draw = new Draw(seed, "item", n);
  const [name, category] = draw.weighted(
    Object.entries(facts.categories).map((entry) => [entry, entry[1].weight] as const),
  );
  const stocked = n < facts.size.stocked;
  const grade = stocked ? 5 : draw.between(1, 5);
  const countries = Object.entries(facts.countries);
  const home = draw.weighted(countries);
  const rating = draw.unit();
  return {
    id: `i${String(n + 1).padStart(5, "0")}`,
    owner: `s${String(Math.floor(draw.unit() * draw.unit() * facts.size.sellers) + 1).padStart(4, "0")}`,
    capacity: { units: stocked ? draw.between(3, 25) : 1 },
    attributes: {
      item_headline: `${name} ${n + 1}`,
      item_category: name,
      brand_name: draw.skewed(category.brands, 1)[0],
      condition_grade: grade,
      asking_price: Math.max(1, Math.round(category.price * (0.35 + grade * 0.14) * draw.aroundOne())),
      ...(category.sizes.length > 0 && { item_size: middle(draw, category.sizes) }),
      ships_to: draw.chance(0.35)
        ? [home]
        : countries.map(([country]) => country).filter((c) => c === home || draw.chance(0.7)),
      // New sellers have no rating yet.
      ...(rating > 0.15 && { seller_rating: Math.round((3.4 + rating * 1.6) * 10) / 10 }),
      handling_days: draw.between(1, 9),
    },
  };
}

function want(facts: GoodsFacts, seed: number, n: number): ListingRow {
  const draw = new Draw(seed, "want", n);
  const [name, category] = draw.weighted(
    Object.entries(facts.categories).map((entry) => [entry, entry[1].weight] as const),
  );
  // Bargain hunters: one in nine wants it nearly for nothing.
  const limit = category.price * (draw.chance(1 / 9) ? 0.12 : draw.aroundOne() * 1.15);
  const picky = draw.chance(0.45);
  return {
    id: `w${String(n + 1).padStart(5, "0")}`,
    owner: `b${String(Math.floor(draw.unit() * facts.size.demand * 0.8) + 1).padStart(5, "0")}`,
    capacity: { units: draw.chance(0.07) ? draw.between(2, 4) : 1 },
    attributes: {
      wanted_category: name,
      wanted_brands: picky ? draw.skewed(category.brands, draw.between(1, 2)) : [],
      min_condition_grade: draw.between(1, 4),
      price_limit: Math.max(1, Math.round(limit)),
      accepted_sizes:
        category.sizes.length > 0 ? neighbours(category.sizes, middle(draw, category.sizes), draw) : [],
      ship_to_country: draw.weighted(Object.entries(facts.countries)),
    },
  };
}

/** Middle sizes are the common ones. */
function middle(draw: Draw, sizes: readonly string[]): string {
  return sizes[Math.min(sizes.length - 1, Math.floor(((draw.unit() + draw.unit()) / 2) * sizes.length))]!;
}

function neighbours(sizes: readonly string[], size: string, draw: Draw): string[] {
  const at = sizes.indexOf(size);
  return draw.chance(0.5) ? sizes.slice(Math.max(0, at - 1), at + 2) : [size];
}

function partiesOf(...sides: readonly (readonly ListingRow[])[]): Sample["parties"] {
  const ids = new Set(sides.flat().map((row) => row.owner!));
  return [...ids].map((id) => ({
    id,
    displayName: `${id.startsWith("s") ? "Seller" : "Buyer"} ${id.slice(1)}`,
  }));
}
