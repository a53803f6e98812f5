import { open, readFile } from "node:fs/promises";
import type { Erasure } from "../domain/resources.ts";
import { keyOf, lineOf, parseLine } from "./erasure-line.ts";

/**
 * The erasures that this database and every earlier state of it knew, outside of the database and its backups, only ever added to.
 * Replicas share it; the same erasure may stand in it twice.
 */
export interface ErasureList {
  /** As they stood in it when it was opened. */
  readonly kept: readonly Erasure[];
  /** Safe when it resolves. Those that are in it already cost nothing. */
  add(erasures: readonly Erasure[]): Promise<void>;
}

/** The list as a file of one machine: a line each. Opens it, or makes it (mode 0600). Throws an error that names the line that is no erasure. */
export async function openErasureList(path: string): Promise<ErasureList> {
  const text = await readOrEmpty(path);
  // A line without its last brace is one that a crash cut short: its erasure is in the database, and is added again.
  const kept = text
    .split("\n")
    .flatMap((line, at) => (line.endsWith("}") ? [parse(line, path, at + 1)] : []));
  const known = new Set(kept.map(keyOf));
  await append(path, text === "" || text.endsWith("\n") ? "" : "\n");
  return {
    kept,
    async add(erasures) {
      const fresh = erasures.filter((erasure) => !known.has(keyOf(erasure)));
      if (fresh.length === 0) return;
      await append(path, fresh.map((erasure) => `${lineOf(erasure)}\n`).join(""));
      for (const erasure of fresh) known.add(keyOf(erasure));
    },
  };
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

async function append(path: string, text: string): Promise<void> {
  await using file = await open(path, "a", 0o600);
  if (text !== "") await file.appendFile(text);
  await file.sync();
}

function parse(line: string, path: string, number: number): Erasure {
  const erasure = parseLine(line);
  if (!erasure) throw new Error(`${path}, line ${number}: not an erasure; put the list back as it was`);
  return erasure;
}
