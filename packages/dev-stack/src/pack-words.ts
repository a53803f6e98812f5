import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * The words that only a market pack may use: the names of its kinds and of their attributes, read from the JSON
 * Schemas below `<pack>/kinds/`. Throws when packs are there but no word is found: the check would guard nothing.
 */
export function packWords(marketsDir: string): Set<string> {
  const files = kindFiles(marketsDir);
  const words = new Set<string>();
  for (const file of files) {
    words.add(basename(file).replace(/(\.schema|\.kind)?\.json$/, ""));
    collectProperties(JSON.parse(readFileSync(file, "utf8")), words);
  }
  if (files.length > 0 && words.size === files.length) throw new Error(`no attribute found in ${marketsDir}`);
  for (const word of PLATFORM_WORDS) words.delete(word);
  return words;
}

// Words of the platform's own contracts say nothing about a market.
const PLATFORM_WORDS = [
  "id",
  "name",
  "kind",
  "side",
  "capacity",
  "owner",
  "state",
  "place",
  "title",
  "description",
];

function kindFiles(marketsDir: string): string[] {
  if (!existsSync(marketsDir)) return [];
  return readdirSync(marketsDir, { recursive: true, encoding: "utf8" })
    .filter((path) => /(^|\/)kinds\/[^/]+\.json$/.test(path) && !path.includes("node_modules"))
    .map((path) => join(marketsDir, path));
}

/** Property names of the schema, and the names of attributes that the kind derives. */
function collectProperties(schema: unknown, words: Set<string>): void {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties" && typeof value === "object" && value !== null) {
      for (const name of Object.keys(value)) words.add(name);
    }
    if (key === "attribute" && typeof value === "string") words.add(value);
    collectProperties(value, words);
  }
}
