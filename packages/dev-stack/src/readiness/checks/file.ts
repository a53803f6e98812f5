import type { FileCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { expectAt } from "../expect.ts";
import { type Finding, missing } from "../finding.ts";
import { parsedYaml } from "../parsed-yaml.ts";

export function fileFinding({ file, at, ...expected }: FileCheck, evidence: Evidence): Finding {
  const text = evidence.file(file);
  if (text === undefined) return missing(`there is no ${file}`);
  if (at === undefined) return expectAt(text, undefined, expected, file);
  const documents = parsedYaml(text);
  return expectAt(documents.length > 1 ? documents : documents[0], at, expected, file);
}
