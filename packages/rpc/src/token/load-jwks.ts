import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { type TlsDialer, tlsDialer, tlsFailure } from "../mesh/tls.ts";

const timeoutMs = 5_000;
const bytesMax = 1024 * 1024;

/**
 * Loads a JWKS by HTTP or HTTPS, within 5 s, from the first URL that answers.
 *
 * @param dialer how an https URL is connected to
 */
export function loadJwks(urls: readonly string[], dialer: TlsDialer = tlsDialer()): () => Promise<unknown> {
  const load = async (url: string): Promise<unknown> => {
    if (url.startsWith("https:")) return await loadByTls(new URL(url), dialer);
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return await response.json();
  };
  return async () => {
    const causes: unknown[] = [];
    for (const url of urls) {
      try {
        return await load(url);
      } catch (cause) {
        const failure = tlsFailure(cause);
        causes.push(failure === undefined ? cause : new Error(`${url}: ${failure}`, { cause }));
      }
    }
    throw new AggregateError(causes, "no address serves the JWKS");
  };
}

// fetch knows no authorities but Node's.
async function loadByTls(url: URL, dialer: TlsDialer): Promise<unknown> {
  const { hostname } = url;
  const host = hostname.replace(/^\[|\]$/g, "");
  const request = get(url, {
    signal: AbortSignal.timeout(timeoutMs),
    createConnection: () =>
      dialer.dial({ host, port: Number(url.port === "" ? 443 : url.port), hostname }, ["http/1.1"]),
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`${url.href} answered more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  if (response.statusCode !== 200) throw new Error(`${url.href} answered ${response.statusCode}`);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
