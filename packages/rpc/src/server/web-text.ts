import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalHandlerFn } from "@connectrpc/connect/protocol";

type Body = AsyncIterable<Uint8Array>;

const textType = "application/grpc-web-text";
const binaryType = "application/grpc-web+proto";
const textTypePattern = /^application\/grpc-web-text(?:\+proto)?$/i;
// What encoders emit, each padded by itself and one after the other, is a valid body too.
const afterPadding = /(?<==)(?!=)/;
const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/;

/** Whether a call speaks gRPC-Web in base64, which the transport does not. */
export function isWebText(contentType: string | undefined): boolean {
  return contentType !== undefined && textTypePattern.test(contentType);
}

/**
 * A handler of gRPC-Web as one of its text form: base64 around the same bytes. Browsers show a script the body of an
 * XMLHttpRequest before its end as text only, so that the official client asks for this form to read streams.
 */
export function speakingText(handle: UniversalHandlerFn): UniversalHandlerFn {
  return async (request) => {
    const header = new Headers(request.header);
    header.set("content-type", binaryType);
    const answer = await handle({ ...request, header, body: decoded(request.body as Body) });
    if (!answer.body) return answer;
    const answered = new Headers(answer.header);
    answered.set("content-type", `${textType}+proto`);
    return { ...answer, header: answered, body: encoded(answer.body) };
  };
}

async function* decoded(body: Body): AsyncIterable<Uint8Array> {
  let rest = "";
  for await (const chunk of body) {
    const text = rest + Buffer.from(chunk).toString("latin1");
    const end = text.length - (text.length % 4);
    rest = text.slice(end);
    if (end > 0) yield bytesOf(text.slice(0, end));
  }
  if (rest !== "") throw notBase64();
}

function bytesOf(text: string): Uint8Array {
  const parts = text.split(afterPadding).map((part) => {
    if (part.length % 4 !== 0 || !base64Pattern.test(part)) throw notBase64();
    return Buffer.from(part, "base64");
  });
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

function notBase64(): ConnectError {
  return new ConnectError("the body is not base64", Code.InvalidArgument);
}

// Not a generator: what ends the answer early, and why, has to reach the transport.
function encoded(body: Body): Body {
  return {
    [Symbol.asyncIterator]() {
      const chunks = body[Symbol.asyncIterator]();
      const text = async (result: Promise<IteratorResult<Uint8Array>>) => {
        const { done, value } = await result;
        return done ? { done, value } : { done: false, value: Buffer.from(toBase64(value)) };
      };
      return {
        next: () => text(chunks.next()),
        ...(chunks.throw && { throw: (reason: unknown) => text(chunks.throw!(reason)) }),
        ...(chunks.return && { return: (value: unknown) => text(chunks.return!(value)) }),
      } as AsyncIterator<Uint8Array>;
    },
  };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
