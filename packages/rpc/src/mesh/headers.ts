import type { IncomingHttpHeaders } from "node:http2";

/** Headers of a request by lower-case name: what fetch's Headers cost at every layer is a good part of a small call. */
export type PlainHeaders = Record<string, string>;

// Needs nothing of what Headers does to a value.
const plainValue = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

/**
 * A copy. What is not plain goes through Headers all the same: of values that cannot be sent Node drops some without a word, and
 * takes what follows a NUL for another header. Throws a TypeError then.
 */
export function plainHeaders(given: ConstructorParameters<typeof Headers>[0]): PlainHeaders {
  const headers: PlainHeaders = {};
  if (given === undefined) return headers;
  const entries = Symbol.iterator in given ? (given as Iterable<[string, string]>) : Object.entries(given);
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    const text = String(value);
    if (Object.hasOwn(headers, key) || !plainValue.test(text)) return Object.fromEntries(new Headers(given));
    headers[key] = text;
  }
  return headers;
}

/** What came over HTTP/2, for those who ask for Headers. */
export function webHeaders(given: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
  }
  return headers;
}
