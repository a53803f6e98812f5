/**
 * A regular expression that matches in time linear in the text, whatever the pattern: the states of a Thompson
 * automaton are stepped together, so nothing backtracks (Thompson 1968, as RE2 does it).
 *
 * Literals, `.`, classes, `\d \w \s \D \W \S`, `^ $`, groups (capturing means nothing), `|`, `* + ? {n} {n,} {n,m}`.
 * No back references, look-around, word boundaries or flags.
 */
export interface Pattern {
  /** Tells whether any part of the text matches; anchor with `^` and `$` for the whole. */
  test(text: string): boolean;
}

type State =
  | { readonly kind: "accept" }
  | { readonly kind: "char"; readonly matches: (code: number) => boolean; next: number }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "start" | "end"; next: number };

const statesMax = 1_000;
const lengthMax = 500;

/** Compiles a pattern, or says in a sentence why not. */
export function compilePattern(source: string): { readonly pattern: Pattern } | { readonly problem: string } {
  if (source.length > lengthMax) return { problem: `A pattern has at most ${lengthMax} characters.` };
  try {
    const states: State[] = [{ kind: "accept" }];
    const start = new PatternReader(source, states).read();
    return { pattern: { test: (text) => run(states, start, text) } };
  } catch (error) {
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
}

class PatternProblem extends Error {}

/** Builds the automaton back to front: every build function is given the state that comes after. */
type Build = (next: number) => number;

class PatternReader {
  #at = 0;
  readonly #chars: readonly string[];
  readonly #states: State[];

  constructor(source: string, states: State[]) {
    this.#chars = [...source];
    this.#states = states;
  }

  read(): number {
    const build = this.#alternatives();
    if (this.#at < this.#chars.length) throw new PatternProblem(`Unexpected ${this.#chars[this.#at]}.`);
    return build(0);
  }

  #add(state: State): number {
    if (this.#states.length >= statesMax)
      throw new PatternProblem(`A pattern has at most ${statesMax} states.`);
    return this.#states.push(state) - 1;
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #alternatives(): Build {
    const left = this.#sequence();
    if (!this.#take("|")) return left;
    const right = this.#alternatives();
    return (next) => this.#add({ kind: "split", next: left(next), other: right(next) });
  }

  #sequence(): Build {
    const parts: Build[] = [];
    while (this.#at < this.#chars.length && !"|)".includes(this.#chars[this.#at]!))
      parts.push(this.#repeated());
    return (next) => parts.reduceRight((after, build) => build(after), next);
  }

  #repeated(): Build {
    let build = this.#atom();
    for (let bounds = this.#bounds(); bounds !== undefined; bounds = this.#bounds()) {
      build = this.#repeat(build, bounds[0], bounds[1]);
      this.#take("?"); // Lazy or greedy makes no difference to whether something matches.
    }
    return build;
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    const counted = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(this.#chars.slice(this.#at, this.#at + 10).join(""));
    if (counted === null) return undefined;
    this.#at += counted[0].length;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === "" ? Infinity : Number(counted[3]);
    if (max < min) throw new PatternProblem(`{${min},${max}} is empty.`);
    return [min, max];
  }

  #repeat(build: Build, min: number, max: number): Build {
    return (next) => {
      let after = max === Infinity ? this.#loop(build, next) : next;
      const optional = max === Infinity ? 0 : max - min;
      for (let count = 0; count < optional; count++) {
        after = this.#add({ kind: "split", next: build(after), other: next });
      }
      for (let count = 0; count < min; count++) after = build(after);
      return after;
    };
  }

  #loop(build: Build, next: number): number {
    const loop = { kind: "split" as const, next: -1, other: next };
    const index = this.#add(loop);
    loop.next = build(index);
    return index;
  }

  #atom(): Build {
    if (this.#take("(")) return this.#group();
    if (this.#take("^")) return (next) => this.#add({ kind: "start", next });
    if (this.#take("$")) return (next) => this.#add({ kind: "end", next });
    const matches = this.#single();
    return (next) => this.#add({ kind: "char", matches, next });
  }

  #group(): Build {
    if (this.#take("?") && !this.#take(":")) throw new PatternProblem("Only (?:...) groups are known.");
    const inner = this.#alternatives();
    if (!this.#take(")")) throw new PatternProblem("A group is not closed.");
    return inner;
  }

  #single(): (code: number) => boolean {
    if (this.#take("[")) return this.#characterClass();
    if (this.#take(".")) return (code) => code !== 10;
    if (this.#take("\\")) return this.#escape();
    const char = this.#chars[this.#at++]!;
    if ("*+?{".includes(char)) throw new PatternProblem(`Nothing to repeat before ${char}.`);
    const literal = char.codePointAt(0)!;
    return (code) => code === literal;
  }

  #escape(): (code: number) => boolean {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new PatternProblem("A pattern does not end in \\.");
    const known = classes[char.toLowerCase()];
    if (known !== undefined) return char === char.toLowerCase() ? known : (code) => !known(code);
    if (/[A-Za-z0-9]/.test(char) && controls[char] === undefined)
      throw new PatternProblem(`\\${char} is not known.`);
    const literal = controls[char] ?? char.codePointAt(0)!;
    return (code) => code === literal;
  }

  #characterClass(): (code: number) => boolean {
    const negated = this.#take("^");
    const members: ((code: number) => boolean)[] = [];
    do members.push(this.#classMember());
    while (!this.#take("]"));
    return (code) => members.some((matches) => matches(code)) !== negated;
  }

  #classMember(): (code: number) => boolean {
    const first = this.#chars[this.#at++];
    if (first === undefined) throw new PatternProblem("A character class is not closed.");
    if (first === "\\") return this.#escape();
    const low = first.codePointAt(0)!;
    if (this.#chars[this.#at] !== "-" || this.#chars[this.#at + 1] === "]") return (code) => code === low;
    const last = this.#chars[this.#at + 1];
    if (last === undefined || last === "\\") throw new PatternProblem("A range ends in a character.");
    this.#at += 2;
    const high = last.codePointAt(0)!;
    return (code) => low <= code && code <= high;
  }
}

const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };

const classes: Readonly<Record<string, (code: number) => boolean>> = {
  d: (code) => code >= 48 && code <= 57,
  w: (code) =>
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122),
  s: (code) => code === 32 || (code >= 9 && code <= 13 && code !== 11),
};

function run(states: readonly State[], start: number, text: string): boolean {
  let current: number[] = [];
  const seen = new Uint32Array(states.length);
  const codes = Array.from(text, (char) => char.codePointAt(0)!);
  for (let at = 0; at <= codes.length; at++) {
    if (follow(states, start, current, seen, at, codes.length)) return true;
    const next: number[] = [];
    for (const index of current) {
      const state = states[index]!;
      if (at < codes.length && state.kind === "char" && state.matches(codes[at]!)) {
        if (follow(states, state.next, next, seen, at + 1, codes.length)) return true;
      }
    }
    current = next;
  }
  return false;
}

/** Adds what is reachable from `from` without reading a character at position `at`; true when that accepts. */
function follow(
  states: readonly State[],
  from: number,
  into: number[],
  seen: Uint32Array,
  at: number,
  length: number,
): boolean {
  const pending = [from];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (seen[index] === at + 1) continue;
    seen[index] = at + 1;
    const state = states[index]!;
    if (state.kind === "accept") return true;
    if (state.kind === "char") into.push(index);
    else if (state.kind === "split") pending.push(state.next, state.other);
    else if (state.kind === "start" ? at === 0 : at === length) pending.push(state.next);
  }
  return false;
}
