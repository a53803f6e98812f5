import { marketIdPattern, resourceIdPattern } from "./ids.ts";

/** The ids that a pattern such as `markets/{market}/listings/{listing}` names. */
export type IdsOf<Pattern extends string> = Pattern extends `${string}{${infer Id}}${infer Rest}`
  ? { readonly [K in Id]: string } & IdsOf<Rest>
  : unknown;

export type ParsedName<Pattern extends string> =
  | { readonly ok: true; readonly ids: IdsOf<Pattern> }
  | { readonly ok: false; readonly problem: NameProblem };

/** Why a text is no resource name of the wanted form. */
export interface NameProblem {
  readonly reason: "NAME_INVALID";
  readonly message: string;
  /** The pattern that was wanted. */
  readonly expected: string;
}

/** The names of the marketplace's resources. `{market}` follows the market id rules, every other id those of resources. */
export const namePatterns = {
  market: "markets/{market}",
  party: "markets/{market}/parties/{party}",
  kind: "markets/{market}/kinds/{kind}",
  listing: "markets/{market}/listings/{listing}",
  policy: "markets/{market}/policies/{policy}",
  model: "markets/{market}/models/{model}",
  plan: "markets/{market}/plans/{plan}",
  round: "markets/{market}/rounds/{round}",
  hold: "markets/{market}/holds/{hold}",
  offer: "markets/{market}/offers/{offer}",
  allocation: "markets/{market}/allocations/{allocation}",
} as const;

/**
 * Takes a resource name apart. Collections must match exactly and every id must follow its rule; nothing is trimmed or
 * lower-cased.
 */
export function parseName<Pattern extends string>(pattern: Pattern, name: string): ParsedName<Pattern> {
  const wanted = segmentsOf(pattern);
  const segments = name.split("/", wanted.length + 1);
  if (segments.length !== wanted.length) return invalid(pattern, name);
  const ids: Record<string, string> = {};
  for (let at = 0; at < wanted.length; at += 1) {
    const { literal, id } = wanted[at] as Segment;
    const segment = segments[at] as string;
    if (id === undefined ? segment !== literal : !idRule(id).test(segment)) return invalid(pattern, name);
    if (id !== undefined) ids[id] = segment;
  }
  return { ok: true, ids: ids as IdsOf<Pattern> };
}

/** Puts a resource name together. Throws a RangeError when an id breaks its rule: that is a bug, not bad input. */
export function formatName<Pattern extends string>(pattern: Pattern, ids: IdsOf<Pattern>): string {
  return segmentsOf(pattern)
    .map(({ literal, id }) => {
      if (id === undefined) return literal;
      const value = (ids as Record<string, string>)[id] ?? "";
      if (!idRule(id).test(value)) throw new RangeError(`${JSON.stringify(value)} is no id of a ${id}`);
      return value;
    })
    .join("/");
}

/** The market of any resource name below `markets/`; `-` stands for every market. Undefined when there is none. */
export function marketOf(name: string): string | undefined {
  if (!name.startsWith("markets/")) return undefined;
  const end = name.indexOf("/", 8);
  const market = end < 0 ? name.slice(8) : name.slice(8, end);
  return market === "-" || marketIdPattern.test(market) ? market : undefined;
}

interface Segment {
  readonly literal: string;
  readonly id: string | undefined;
}

const patternCache = new Map<string, readonly Segment[]>();

function segmentsOf(pattern: string): readonly Segment[] {
  const known = patternCache.get(pattern);
  if (known) return known;
  const segments = pattern.split("/").map((literal) => ({ literal, id: /^\{(\w+)\}$/.exec(literal)?.[1] }));
  patternCache.set(pattern, segments);
  return segments;
}

function idRule(id: string): RegExp {
  return id === "market" ? marketIdPattern : resourceIdPattern;
}

function invalid(pattern: string, name: string): { ok: false; problem: NameProblem } {
  const shown = name.length > 120 ? `${name.slice(0, 120)}...` : name;
  const message = `${JSON.stringify(shown)} is not of the form ${pattern}`;
  return { ok: false, problem: { reason: "NAME_INVALID", message, expected: pattern } };
}
