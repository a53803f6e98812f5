import { randomFillSync } from "node:crypto";

let lastMs = 0;
let counter = 0;

/** A UUIDv7 (RFC 9562): ascending within a process, so that new rows land at the end of an index. */
export function uuidv7(nowMs: number = Date.now()): string {
  const bytes = randomFillSync(Buffer.alloc(16));
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = bytes.readUInt16BE(6) & 0x7ff;
  } else {
    counter += 1;
    if (counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
