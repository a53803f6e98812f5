import { realpathSync, rmSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";

/**
 * Writes a file under a name of its own, and gives it its name when it is whole: what breaks off leaves the file that was there, or
 * none. What is no file (`/dev/stdout`, a pipe) is written as it is; a link stays, and what it leads to is replaced.
 */
export async function writeWhole(out: string, write: (path: string) => Promise<void>): Promise<void> {
  const known = statSync(out, { throwIfNoEntry: false });
  if (known !== undefined && !known.isFile()) return write(out);
  const place = known === undefined ? out : realpathSync(out);
  const unfinished = `${place}.unfinished`;
  try {
    await write(unfinished);
    await rename(unfinished, place);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
