/** A part of a gRPC-Web answer: a message, or the trailers. */
export interface Frame {
  readonly flags: number;
  readonly body: Buffer;
}

const headBytes = 5;
/** The flag of the last frame, whose body is trailers in the form of HTTP/1.1 headers. */
export const trailerFlag = 0x80;
/** A message without any field: no flags, length 0. */
export const emptyFrame: Buffer = Buffer.alloc(headBytes);

/** The frames of a whole answer; in the text form they are in base64, in parts that are padded by themselves. */
export function grpcWebFrames(answer: Uint8Array, text: boolean): Frame[] {
  let rest = text ? fromBase64Parts(Buffer.from(answer).toString("latin1")) : Buffer.from(answer);
  const frames: Frame[] = [];
  while (rest.length >= headBytes) {
    const end = headBytes + rest.readUInt32BE(1);
    frames.push({ flags: rest.readUInt8(0), body: rest.subarray(headBytes, end) });
    rest = rest.subarray(end);
  }
  return frames;
}

function fromBase64Parts(text: string): Buffer {
  const parts = text.match(/[^=]+=*/g) ?? [];
  return Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
}
