/** Distinguished Encoding Rules (X.690): just what a certificate is made of. */
export const der = {
  sequence: (...parts: readonly Buffer[]) => value(0x30, Buffer.concat(parts)),
  set: (...parts: readonly Buffer[]) => value(0x31, Buffer.concat(parts)),
  boolean: (yes: boolean) => value(0x01, Buffer.from([yes ? 0xff : 0])),
  integer: (bytes: Buffer) =>
    value(0x02, (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes),
  bits: (bytes: Buffer, unused = 0) => value(0x03, Buffer.concat([Buffer.from([unused]), bytes])),
  octets: (bytes: Buffer) => value(0x04, bytes),
  text: (text: string) => value(0x0c, Buffer.from(text, "utf8")),
  /** `1.2.840.10045.4.3.2` */
  id: (dotted: string) => value(0x06, Buffer.from(identifierBytes(dotted))),
  /** YYYYMMDDHHMMSSZ: GeneralizedTime, which verifiers take for any year. */
  time: (at: Date) => value(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\.\d+/g, "")}`)),
  /** `[tag]`, EXPLICIT when it is constructed. */
  tagged: (tag: number, content: Buffer, constructed = true) =>
    value((constructed ? 0xa0 : 0x80) | tag, content),
};

function value(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function identifierBytes(dotted: string): number[] {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return [first * 40 + second, ...rest.flatMap(base128)];
}

function base128(number: number): number[] {
  const bytes = [number & 0x7f];
  for (let rest = number >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}
