import type { Message } from "@bufbuild/protobuf";
import { hashOf, mixed, type Random } from "./random.ts";

/** Where a value came from: the number of the request whose answer held it, or -1 for the set-up. */
export type Origin = number;

interface Entry {
  readonly value: unknown;
  readonly key: number;
  readonly origin: Origin;
}

interface Shelf {
  /** Of the set-up: never given up. */
  readonly kept: Entry[];
  /** Of answers: the newest. */
  readonly recent: Entry[];
  readonly values: Set<unknown>;
}

const keptMax = 400;
const recentMax = 96;

/** A value with all it takes to have it again. */
export interface Drawn {
  readonly value: unknown;
  readonly origin: Origin;
}

/**
 * What exists in the mesh: names, etags, page tokens, resources, by shelf. A draw prefers the entry whose key, mixed with
 * the draw's salt, is greatest: the same choice is made when only the requests that it stands on have run, so that a
 * failing request can be repeated without the thousands before it.
 */
export class Pool {
  readonly #shelves = new Map<string, Shelf>();

  /** `path` tells values of one origin apart. What is on the shelf already is not put there twice. */
  put(name: string, value: unknown, origin: Origin, path: string): void {
    const shelf = this.#shelf(name);
    const known = typeof value === "object" ? undefined : value;
    if (known !== undefined) {
      if (shelf.values.has(known)) return;
      shelf.values.add(known);
    }
    const entry = { value, key: hashOf(`${origin} ${path}`), origin };
    if (origin < 0) {
      if (shelf.kept.length < keptMax) shelf.kept.push(entry);
      return;
    }
    shelf.recent.push(entry);
    if (shelf.recent.length <= recentMax) return;
    const [gone] = shelf.recent.splice(0, 1);
    shelf.values.delete(gone?.value);
  }

  /** Undefined when the shelf is empty. */
  draw(name: string, random: Random): Drawn | undefined {
    const salt = random.bits();
    const shelf = this.#shelves.get(name);
    if (!shelf) return undefined;
    // What requests made is in more states than what the set-up left, so it is drawn as often.
    const [first, second] = salt % 2 === 0 ? [shelf.recent, shelf.kept] : [shelf.kept, shelf.recent];
    return preferred(first, salt) ?? preferred(second, salt);
  }

  #shelf(name: string): Shelf {
    const known = this.#shelves.get(name);
    if (known) return known;
    const shelf: Shelf = { kept: [], recent: [], values: new Set() };
    this.#shelves.set(name, shelf);
    return shelf;
  }
}

function preferred(entries: readonly Entry[], salt: number): Entry | undefined {
  let best: Entry | undefined;
  let greatest = -1;
  for (const entry of entries) {
    const rank = mixed(entry.key, salt);
    if (rank <= greatest) continue;
    greatest = rank;
    best = entry;
  }
  return best;
}

/** The shelf of resource names of a shape (`markets/*` + `/listings/*`); `market` is an id, empty for the platform's. */
export const namesOf = (shape: string, market: string) => `name ${shape} @${market}`;
/** The shelf of texts that fields of this name held. */
export const fieldTexts = (field: string, market: string) => `field ${field} @${market}`;
/** The shelf of names of `supply`, `demand` or `hold` that is there to be taken. */
export const ampleNames = (kind: string, market: string) => `ample ${kind} @${market}`;
/** The shelf of whole messages of a type. */
export const messagesOf = (type: string, market: string) => `message ${type} @${market}`;
/** The shelf of JSON objects that fields of this name held. */
export const objectsOf = (field: string, market: string) => `object ${field} @${market}`;
/** The shelf of etags of a resource. */
export const etagsOf = (name: string) => `etag ${name}`;
/** The shelf of requests of a method that were answered, as they were. */
export const requestsOf = (method: string, market: string) => `request ${method} @${market}`;
/** The shelf of page tokens of a method, each with its request. */
export const pagesOf = (method: string, market: string) => `page ${method} @${market}`;

/** A request that was answered and what its next page is. */
export interface NextPage {
  readonly request: Message;
  readonly token: string;
}
