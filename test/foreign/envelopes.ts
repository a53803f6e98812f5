/** One message of a Connect stream: a byte of flags, four of length, and JSON. */
export interface Envelope {
  readonly flags: number;
  readonly message: Record<string, unknown>;
}

const headBytes = 5;
/** The flag of the last envelope of an answer, which holds the error, if there is one, and the trailers. */
export const endFlag = 2;

export function toEnvelopes(messages: readonly object[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const body = Buffer.from(JSON.stringify(message));
      const head = Buffer.alloc(headBytes);
      head.writeUInt32BE(body.length, 1);
      return [head, body];
    }),
  );
}

/** Reads envelopes as they come, however the bytes are cut. */
export async function* envelopesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<Envelope> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= headBytes && rest.length >= headBytes + rest.readUInt32BE(1)) {
      const end = headBytes + rest.readUInt32BE(1);
      const json = rest.subarray(headBytes, end).toString();
      yield { flags: rest.readUInt8(0), message: JSON.parse(json) as Record<string, unknown> };
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw new Error(`${rest.length} bytes after the last envelope`);
}
