import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";

/** What was written. */
export interface PackedFile {
  /** Lines: of COPY's text format each row is one. */
  readonly rows: number;
  /** Of the compressed file. */
  readonly bytes: number;
  readonly sha256: string;
}

const newline = 10;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** Streams lines to a new compressed file, mode 0600, on disk when it resolves. Memory does not grow with the source. */
export async function packFile(source: Readable, path: string): Promise<PackedFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lines = observer((chunk) => countNewlines(chunk));
  const hash = createHash("sha256");
  const written = observer((chunk) => {
    hash.update(chunk);
    return chunk.length;
  });
  const file = createWriteStream(path, { mode: 0o600, flags: "wx", flush: true });
  await pipeline(source, lines.stream, createZstdCompress(compression), written.stream, file);
  return { rows: lines.sum(), bytes: written.sum(), sha256: hash.digest("hex") };
}

/** Streams a compressed file into `target`. */
export async function unpackFile(path: string, target: Writable): Promise<void> {
  await pipeline(createReadStream(path), createZstdDecompress(), target);
}

/** Bytes and SHA-256 of a file as it lies there. */
export async function sumFile(path: string): Promise<Pick<PackedFile, "bytes" | "sha256">> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

function observer(measure: (chunk: Buffer) => number) {
  let sum = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum += measure(chunk);
      done(null, chunk);
    },
  });
  return { stream, sum: () => sum };
}

function countNewlines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) count++;
  return count;
}
