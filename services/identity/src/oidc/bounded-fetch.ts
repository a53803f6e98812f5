/** What is asked of a server that somebody else runs. */
export interface FetchBounds {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/**
 * The JSON at a URL. Follows no redirect (it could lead into our own network), reads no more than allowed, and throws an
 * error that says nothing of what the server answered but its status.
 */
export async function fetchJson(url: string, bounds: FetchBounds): Promise<unknown> {
  const signal = AbortSignal.timeout(bounds.timeoutMs);
  const response = await fetch(url, { redirect: "error", signal, headers: { accept: "application/json" } });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > bounds.bytesMax) throw new Error(`answered more than ${bounds.bytesMax} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
