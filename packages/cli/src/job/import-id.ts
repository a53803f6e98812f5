import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { DocumentError, type FileMapping } from "@marketmesh/markets";

/**
 * The id of an upload: it follows from the file's bytes, the mapping and the seed. A repeat goes on with the same import; an
 * edited file or mapping is another import, which updates the listings that differ. Throws DocumentError for a file that cannot be read.
 */
export async function importIdOf(file: FileMapping, seed: number): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([file, seed]));
  await pipeline(createReadStream(file.path), hash).catch((cause) => {
    throw new DocumentError(`${file.path}: cannot be read (${cause.code})`, { cause });
  });
  return `file-${hash.digest("hex").slice(0, 24)}`;
}
