/** A sum over what is held that does not depend on order: two 32-bit hashes of each, added up. */
export class Checksum {
  #low = 0;
  #high = 0;

  add(id: string, version: number): void {
    this.#low = (this.#low + hash(`${id}\t${version}`, 0x811c9dc5)) >>> 0;
    this.#high = (this.#high + hash(`${id}\t${version}`, 0x9e3779b9)) >>> 0;
  }

  delete(id: string, version: number): void {
    this.#low = (this.#low - hash(`${id}\t${version}`, 0x811c9dc5)) >>> 0;
    this.#high = (this.#high - hash(`${id}\t${version}`, 0x9e3779b9)) >>> 0;
  }

  toString(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }
}

/** FNV-1a over UTF-16 code units, finished as MurmurHash3 does so that sums of similar ids spread. */
function hash(text: string, seed: number): number {
  let state = seed;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
