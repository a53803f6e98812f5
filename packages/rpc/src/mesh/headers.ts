import type { IncomingHttpHeaders } from "node:http2";

/** Headers of a request by lower-case name: what fetch's Headers cost at every layer is a good part of a small call. */
export type PlainHeaders = Record<string, string>;

/** A copy. */
export function plainHeaders(given: ConstructorParameters<typeof Headers>[0]): PlainHeaders {
  const headers: PlainHeaders = {};
  if (given === undefined) return headers;
  const entries = Symbol.iterator in given ? (given as Iterable<[string, string]>) : Object.entries(given);
  for (const [name, value] of entries) headers[name.toLowerCase()] = String(value);
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
