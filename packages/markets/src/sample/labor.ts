import { Draw } from "../random.ts";
import type { ListingRow, Sample } from "../row.ts";

export interface Trade {
  readonly weight: number;
  readonly demand: number;
  readonly rate: number;
  readonly remote: number;
  readonly certificates: readonly string[];
  readonly skills: readonly string[];
}

export interface LaborFacts {
  readonly size: { readonly supply: number; readonly demand: number };
  readonly start: string;
  readonly cities: Readonly<Record<string, number>>;
  readonly languages: Readonly<Record<string, number>>;
  readonly trades: Readonly<Record<string, Trade>>;
}

const dayMs = 86_400_000;

/** Candidates and jobs that hang together: trade decides skills, rate and remote work; years raise the rate. */
export function laborSample(facts: LaborFacts, seed: number): Sample {
  const supply = Array.from({ length: facts.size.supply }, (_, n) => talent(facts, seed, n));
  const demand = Array.from({ length: facts.size.demand }, (_, n) => job(facts, seed, n));
  const people = supply.map((row) => ({
    id: row.owner!,
    displayName: `Candidate ${row.owner!.slice(1)}`,
  }));
  const employers = [...new Set(demand.map((row) => row.owner!))].map((id) => ({
    id,
    displayName: `Employer ${id.slice(1)}`,
  }));
  return { parties: [...people, ...employers], supply, demand };
}

function talent(facts: LaborFacts, seed: number, n: number): ListingRow {
  const draw = new Draw(seed, "talent", n);
  const trade = draw.weighted(Object.entries(facts.trades).map(([, t]) => [t, t.weight] as const));
  const years = Math.floor(draw.unit() * draw.unit() * 26);
  const rate = trade.rate * (0.7 + years * 0.022) * draw.aroundOne();
  const id = `c${String(n + 1).padStart(5, "0")}`;
  return {
    id,
    owner: `p${id.slice(1)}`,
    // A few people take a second engagement.
    capacity: { units: draw.chance(0.08) ? 2 : 1 },
    attributes: {
      full_name: `Person ${n + 1}`,
      contact_email: `person${n + 1}@example.org`,
      skills: draw.skewed(trade.skills, draw.between(2, Math.min(8, 3 + Math.floor(years / 3)))),
      years_experience: years,
      asked_hourly_rate: Math.round(rate * 2) / 2,
      home_city: draw.weighted(Object.entries(facts.cities)),
      works_remotely: draw.chance(trade.remote),
      available_from: day(facts.start, draw.chance(0.6) ? 0 : draw.between(1, 90)),
      spoken_languages: spoken(facts, draw, 0.28),
      held_certificates: trade.certificates.filter(() => draw.chance(0.8)),
    },
  };
}

function job(facts: LaborFacts, seed: number, n: number): ListingRow {
  const draw = new Draw(seed, "job", n);
  const [title, trade] = draw.weighted(
    Object.entries(facts.trades).map((entry) => [entry, entry[1].demand] as const),
  );
  // One job in twelve asks for what nobody has: the rarest skills, for decades, at entry pay.
  const hopeless = draw.chance(1 / 12);
  const minYears = hopeless ? draw.between(27, 40) : Math.floor(draw.unit() * draw.unit() * 9);
  const pay = trade.rate * (0.9 + minYears * 0.025) * draw.aroundOne();
  return {
    id: `j${String(n + 1).padStart(5, "0")}`,
    owner: `e${String(draw.between(1, 140)).padStart(4, "0")}`,
    capacity: { units: draw.chance(0.1) ? draw.between(6, 14) : draw.between(1, 4) },
    attributes: {
      job_title: title,
      required_skills: draw.skewed(hopeless ? trade.skills.toReversed() : trade.skills, draw.between(2, 5)),
      min_years_experience: minYears,
      max_hourly_rate: Math.round((hopeless ? trade.rate * 0.6 : pay) * 2) / 2,
      work_city: draw.weighted(Object.entries(facts.cities)),
      allows_remote: draw.chance(trade.remote * 0.8),
      starts_on: day(facts.start, draw.between(10, 80)),
      required_languages: spoken(facts, draw, 0.04),
      required_certificates: trade.certificates,
    },
  };
}

/** Each language by its own chance, thinned by `share` for those after the first. */
function spoken(facts: LaborFacts, draw: Draw, share: number): string[] {
  const [first, ...others] = Object.entries(facts.languages);
  const chosen = others.filter(([, weight]) => draw.chance((weight / 100) * share));
  const main = draw.chance(first![1] / 100) ? [first![0]] : [];
  return [...main, ...chosen.map(([language]) => language)];
}

function day(start: string, days: number): string {
  return new Date(Date.parse(start) + days * dayMs).toISOString();
}
