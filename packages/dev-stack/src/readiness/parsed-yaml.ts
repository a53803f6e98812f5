import { parseAllDocuments } from "yaml";

const keptMax = 200;
const kept = new Map<string, readonly unknown[]>();

/** The documents of a YAML or JSON text. Parsed once: checks of every service ask for the same few large files. */
export function parsedYaml(text: string): readonly unknown[] {
  const known = kept.get(text);
  if (known) return known;
  if (kept.size >= keptMax) kept.clear();
  const documents = parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as unknown;
  });
  kept.set(text, documents);
  return documents;
}
