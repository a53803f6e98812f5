import { Draw } from "../random.ts";
import type { ListingRow, RowCapacity, Sample } from "../row.ts";

export interface Topic {
  readonly weight: number;
  readonly price: number;
  /** Days between two deliveries. */
  readonly refresh: number;
}

export interface DataFacts {
  readonly size: { readonly supply: number; readonly demand: number; readonly providers: number };
  readonly start: string;
  readonly sectors: Readonly<Record<string, number>>;
  readonly purposes: Readonly<Record<string, number>>;
  readonly countries: Readonly<Record<string, number>>;
  readonly topics: Readonly<Record<string, Topic>>;
}

const dayMs = 86_400_000;

/** Datasets, most of them for any number of buyers, and the requests for them. */
export function dataSample(facts: DataFacts, seed: number): Sample {
  const supply = Array.from({ length: facts.size.supply }, (_, n) => dataset(facts, seed, n));
  const demand = Array.from({ length: facts.size.demand }, (_, n) => request(facts, seed, n));
  const ids = new Set([...supply, ...demand].map((row) => row.owner!));
  const parties = [...ids].map((id) => ({
    id,
    displayName: `${id.startsWith("d") ? "Provider" : "Buyer"} ${id.slice(1)}`,
  }));
  return { parties, supply, demand };
}

function dataset(facts: DataFacts, seed: number, n: number): ListingRow {
  const draw = new Draw(seed, "dataset", n);
  const [main, topic] = drawTopic(facts, draw);
  const second = drawTopic(facts, draw)[0];
  const countries = Object.keys(facts.countries);
  const purposes = Object.keys(facts.purposes);
  return {
    id: `d${String(n + 1).padStart(4, "0")}`,
    owner: `d${String(Math.floor(draw.unit() * draw.unit() * facts.size.providers) + 1).padStart(3, "0")}`,
    capacity: terms(draw),
    attributes: {
      dataset_headline: `${main} ${n + 1}`,
      topic_tags: main === second || draw.chance(0.6) ? [main] : [main, second],
      allowed_purposes: draw.skewed(purposes, draw.between(1, 4)),
      ...(draw.chance(0.3) && { forbidden_purposes: draw.skewed(purposes.toReversed(), 1) }),
      open_to_sectors: draw.chance(0.75) ? [] : draw.skewed(Object.keys(facts.sectors), draw.between(1, 3)),
      licence_price: Math.round((topic.price * draw.aroundOne()) / 100) * 100,
      ...(draw.chance(0.12) && {
        embargoed_until: new Date(Date.parse(facts.start) + draw.between(3, 30) * dayMs).toISOString(),
      }),
      refresh_days: topic.refresh * (draw.chance(0.3) ? 2 : 1),
      covered_countries: countries.filter((_, rank) => draw.chance(rank < 2 ? 0.85 : 0.45)),
      ...(draw.chance(0.9) && { completeness: Math.round((0.6 + draw.unit() * 0.4) * 100) / 100 }),
    },
  };
}

/** How it may be sold: to anyone, to n buyers, or to one buyer of each sector. */
function terms(draw: Draw): RowCapacity {
  const kind = draw.unit();
  if (kind < 0.6) return { unlimited: true };
  if (kind < 0.8) return { units: draw.between(1, 6) };
  return { unlimited: true, exclusiveGroup: "sector" };
}

function request(facts: DataFacts, seed: number, n: number): ListingRow {
  const draw = new Draw(seed, "request", n);
  const [wanted, topic] = drawTopic(facts, draw);
  const other = drawTopic(facts, draw)[0];
  const poor = draw.chance(0.15);
  return {
    id: `r${String(n + 1).padStart(4, "0")}`,
    owner: `b${String(draw.between(1, Math.floor(facts.size.demand / 2))).padStart(4, "0")}`,
    capacity: { units: draw.chance(0.25) ? draw.between(2, 3) : 1 },
    attributes: {
      wanted_tags: wanted === other ? [wanted] : [wanted, other],
      use_purpose: draw.weighted(Object.entries(facts.purposes)),
      buyer_sector: draw.weighted(Object.entries(facts.sectors)),
      licence_budget: Math.round((topic.price * (poor ? 0.3 : draw.aroundOne() * 1.3)) / 100) * 100,
      max_refresh_days: topic.refresh * draw.between(1, 4),
      target_country: draw.weighted(Object.entries(facts.countries)),
    },
  };
}

function drawTopic(facts: DataFacts, draw: Draw): readonly [string, Topic] {
  return draw.weighted(Object.entries(facts.topics).map((entry) => [entry, entry[1].weight] as const));
}
