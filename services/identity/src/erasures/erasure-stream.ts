import type { KeptStream } from "@marketmesh/events";
import { keyOf, lineOf, parseLine } from "./erasure-line.ts";
import type { ErasureList } from "./erasure-list.ts";

/**
 * The erasures as a stream that is kept for ever, for replicas on several machines: one message each. Throws an error that names
 * the message that is no erasure, and UNAVAILABLE when the broker is away.
 */
export async function openErasureStream(stream: KeptStream): Promise<ErasureList> {
  const kept = (await stream.read()).map((data, at) => {
    const erasure = parseLine(new TextDecoder().decode(data));
    if (!erasure) throw new Error(`the stream of erasures, message ${at + 1}: not an erasure`);
    return erasure;
  });
  const known = new Set(kept.map(keyOf));
  return {
    kept,
    async add(erasures) {
      const fresh = erasures.filter((erasure) => !known.has(keyOf(erasure)));
      for (let at = 0; at < fresh.length; at += messagesAtOnce) {
        const some = fresh.slice(at, at + messagesAtOnce);
        await stream.append(some.map((one) => ({ id: keyOf(one), data: encode(lineOf(one)) })));
        for (const erasure of some) known.add(keyOf(erasure));
      }
    },
  };
}

const messagesAtOnce = 500;

const encode = (line: string) => new TextEncoder().encode(line);
