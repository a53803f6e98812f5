import type { KeptStream } from "@marketmesh/events";
import type { Erasure } from "../domain/resources.ts";
import { keyOf, lineOf, parseLine } from "./erasure-line.ts";
import type { ErasureList } from "./erasure-list.ts";

/**
 * The erasures as a stream that is kept for ever, for replicas on several machines: one message each. What is no erasure can't be
 * taken out of it again, so it is skipped, and its numbers told. Throws UNAVAILABLE when the broker is away.
 */
export async function openErasureStream(
  stream: KeptStream,
  onMalformed: (numbers: readonly number[]) => void,
): Promise<ErasureList> {
  const kept: Erasure[] = [];
  const malformed: number[] = [];
  for (const [at, data] of (await stream.read()).entries()) {
    const erasure = parseLine(new TextDecoder().decode(data));
    if (erasure) kept.push(erasure);
    else malformed.push(at + 1);
  }
  if (malformed.length > 0) onMalformed(malformed);
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
