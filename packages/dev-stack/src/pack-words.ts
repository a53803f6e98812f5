import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * The words that only a market pack may use: the names of its kinds and of their attributes, read from the JSON
 * Schemas below each pack's `kinds/` folder.
 */
export function packWords(marketsDir: string): Set<string> {
  const words = new Set<string>();
  for (const file of kindFiles(marketsDir)) {
    words.add(basename(file).replace(/(\.schema)?\.json$/, ""));
    collectProperties(JSON.parse(readFileSync(file, "utf8")), words);
  }
  // Words that the platform's own contracts use as well say nothing about a market.
  for (const word of PLATFORM_WORDS) words.delete(word);
  return words;
}

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

function collectProperties(schema: unknown, words: Set<string>): void {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties" && typeof value === "object" && value !== null) {
      for (const name of Object.keys(value)) words.add(name);
    }
    collectProperties(value, words);
  }
}
