import { randomFillSync } from "node:crypto";

let lastMs = 0;
let counter = 0;
// Drawn together: a draw costs more than the rest of an id. Each byte is used once.
const drawn = Buffer.alloc(16 * 256);
let drawnUsed = drawn.length;

/** A UUIDv7 (RFC 9562): ascending within a process, so that new rows land at the end of an index. */
export function uuidv7(nowMs: number = Date.now()): string {
  const bytes = random16();
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

function random16(): Buffer {
  if (drawnUsed === drawn.length) {
    randomFillSync(drawn);
    drawnUsed = 0;
  }
  drawnUsed += 16;
  return drawn.subarray(drawnUsed - 16, drawnUsed);
}
