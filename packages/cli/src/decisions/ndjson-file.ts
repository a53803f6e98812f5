import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { ndjson } from "../ndjson.ts";
import { writeWhole } from "./write-whole.ts";

/** Writes records as lines of one file, which is there when it is whole. */
export function writeNdjson(records: AsyncIterable<unknown>, out: string): Promise<void> {
  return writeWhole(out, (path) => writeLines(records, path));
}

/** Writes records as lines; what breaks off leaves those before. */
export async function writeLines(records: AsyncIterable<unknown>, path: string): Promise<void> {
  // Opened before anything can break: a stream that opens by itself may make the file when it was removed already.
  const file = await open(path, "w");
  await pipeline(ndjson(records), file.createWriteStream());
}
