import { UsageError } from "../../usage-error.ts";

/** A pair that was offered. */
export type OfferedPair = readonly [demand: string, supply: string];

/** Lines of answers, with their numbers. */
export class AnswerLines {
  readonly #lines: AsyncIterator<string>;
  #number = 0;

  constructor(lines: AsyncIterable<string>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /**
   * The answers to one wave, in the order of its offers; 1: accepted. Reads lines until every offer is answered: a list of true/false
   * in the order of the offers, or entries by pair, as many per line as one likes.
   *
   * @throws UsageError naming line, field and what is allowed; also when the lines end before all is answered
   */
  async answersTo(wave: number, offers: readonly OfferedPair[]): Promise<Uint8Array> {
    const positions = new Map(offers.map((pair, at) => [JSON.stringify(pair), at]));
    const accepted = new Uint8Array(offers.length);
    for (let missing = offers.length; missing > 0; ) {
      const entries = this.#entriesOf(await this.#next(wave, missing), wave);
      if (entries.every((entry) => booleanOf(entry) !== undefined)) {
        if (missing !== offers.length || entries.length !== offers.length) {
          throw this.#wrong(
            `answers: ${entries.length} answers in order; allowed: ${offers.length}, one per offer of wave ${wave}`,
          );
        }
        return Uint8Array.from(entries, (entry) => (booleanOf(entry) ? 1 : 0));
      }
      for (const entry of entries) {
        const [demand, supply, answer] = this.#byPair(entry);
        const pair = JSON.stringify([demand, supply]);
        const at = positions.get(pair);
        if (at === undefined) {
          throw this.#wrong(`pair ${pair}: not an unanswered offer of wave ${wave}`);
        }
        positions.delete(pair);
        accepted[at] = answer ? 1 : 0;
        missing -= 1;
      }
    }
    return accepted;
  }

  async #next(wave: number, missing: number): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      this.#number += 1;
      if (done) throw this.#wrong(`the answers end; ${missing} offers of wave ${wave} are not answered`);
      if (value.trim() !== "") return value;
    }
  }

  #entriesOf(line: string, wave: number): readonly unknown[] {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw this.#wrong("not JSON; allowed: a list of answers, or an object");
    }
    if (Array.isArray(value)) return value;
    if (typeof value !== "object" || value === null) {
      throw this.#wrong("allowed: a list of answers, or an object with answers, or one answer by pair");
    }
    if ("wave" in value && value.wave !== wave) {
      throw this.#wrong(`wave is ${JSON.stringify(value.wave)}; allowed: ${wave}`);
    }
    if (!("answers" in value)) return [value];
    if (!Array.isArray(value.answers)) throw this.#wrong("answers is not a list");
    return value.answers;
  }

  #byPair(entry: unknown): readonly [string, string, boolean] {
    if (typeof entry !== "object" || entry === null) {
      throw this.#wrong(`${JSON.stringify(entry)} is no answer; allowed: true, false, 1, 0, or one by pair`);
    }
    const [demand, supply, answer] = Array.isArray(entry)
      ? entry
      : [fieldOf(entry, "demand"), fieldOf(entry, "supply"), fieldOf(entry, "accepted")];
    const accepted = booleanOf(answer);
    if (accepted === undefined) {
      throw this.#wrong(`accepted is ${JSON.stringify(answer) ?? "missing"}; allowed: true, false, 1, 0`);
    }
    if (!isId(demand) || !isId(supply)) {
      throw this.#wrong("demand or supply is missing or no text; allowed: the ids of an offer");
    }
    return [String(demand), String(supply), accepted];
  }

  #wrong(what: string): UsageError {
    return new UsageError(`answers:${this.#number}: ${what}`);
  }
}

function fieldOf(entry: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(entry, name)?.value;
}

function isId(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function booleanOf(value: unknown): boolean | undefined {
  if (value === true || value === 1) return true;
  return value === false || value === 0 ? false : undefined;
}
