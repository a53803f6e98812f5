/**
 * The chunks of a body of so many bytes as one message, in memory of its own: fields of bytes are views of it, and chunks are views of
 * what the socket reads into.
 */
export function joined(chunks: readonly Buffer[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
