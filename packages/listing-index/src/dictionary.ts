/** Interns strings as small numbers, from 1; 0 stands for a missing string. Numbers are never given back. */
export class Dictionary {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [""];

  /** One more than the largest id. */
  get length(): number {
    return this.#texts.length;
  }

  intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.push(text) - 1;
    this.#ids.set(text, id);
    return id;
  }

  /** 0 for a string that was never interned. */
  idOf(text: string): number {
    return this.#ids.get(text) ?? 0;
  }

  textOf(id: number): string {
    return this.#texts[id]!;
  }
}
