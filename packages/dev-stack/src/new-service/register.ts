import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackProblem } from "../problem.ts";
import { named, type ServiceName } from "./name.ts";

/** A place in an existing file that lists the services. */
interface Place {
  readonly file: string;
  /** What the new text goes behind (its last match); groups of it may be used in the text. */
  readonly after: RegExp;
  readonly text: string;
}

const places: readonly Place[] = [
  {
    file: "packages/dev-stack/src/supervisor/service-table.ts",
    after: /\n {2}entry\("[^\n]*\n/g,
    text: `  entry("__service__", { appPoolMax: 4, backgroundPoolMax: 4, heapMb: 256 }),\n`,
  },
  {
    file: "services/identity/src/domain/roles.ts",
    after: /id: "marketAdmin",[\s\S]*?permissions: \[\n/g,
    text: `      "__service__.*",\n`,
  },
  {
    file: "services/identity/src/domain/roles.ts",
    after: /const readsOfMarket = \[\n/g,
    text: `  "__service__.__resources__.read",\n`,
  },
  {
    file: "deploy/charts/marketmesh/files/services.yaml",
    after: /[\s\S]*$/g,
    text: `__service__:\n  calls: []\n  serves: [marketmesh.__service__.v1.__Service__Service]\n`,
  },
  {
    file: "deploy/charts/marketmesh/values.yaml",
    after: /\nservices:\n(?: {2}[^\n]*\n)*/g,
    text: `  __service__: {}\n`,
  },
  {
    file: "deploy/charts/marketmesh/values.schema.json",
    after: /"description": "The service [a-z]+\."\n {8}\}/g,
    text: `,\n        "__service__": {\n          "$ref": "#/$defs/service",\n          "description": "The service __service__."\n        }`,
  },
  {
    file: "deploy/charts/marketmesh/values.schema.json",
    after: /"enum": \["identity"[^\]]*/g,
    text: `, "__service__"`,
  },
  {
    file: "terraform/modules/marketmesh/gcp/variables.tf",
    after: /default\s+= \["identity"[^\]]*/g,
    text: `, "__service__"`,
  },
  {
    file: "terraform/modules/marketmesh/aws/variables.tf",
    after: /default\s+= \["identity"[^\]]*/g,
    text: `, "__service__"`,
  },
  {
    file: "docs/operating.md",
    after: /\n\| [a-z]+ +\| ____ +\| ____ +\|(?=\n)/g,
    text: `\n| __service__ | ____ | ____ |`,
  },
  {
    file: "docs/capacity.md",
    after: /\n\| [a-z]+ [^\n]* replicas of [^\n]*(?=\n)/g,
    text: `\n| __service__ | commits of its database | 1,100 writes/s, each with an event, as packages/events measures | 3 to 6 replicas of 1 core, 512 MiB |`,
  },
  {
    file: "docs/security-review.md",
    after: /\n## Services\n(?:\n?\|[^\n]*)*/g,
    text: `\n| __service__ | __resources__ of a market | read or changed by another market, or by a party | market of the token; row level security; parties are refused |`,
  },
  {
    file: "README.md",
    after: /\n\| \[[a-z]+\]\(services\/[^\n]*\n/g,
    text: `| [__service__](services/__service__) | __resources__: texts that a market keeps |\n`,
  },
];

/** Adds the service wherever services are listed. Answers with the files. Throws PLACE_NOT_FOUND before anything is written. */
export function register(checkout: string, name: ServiceName): string[] {
  const texts = new Map<string, string>();
  for (const { file, after, text } of places) {
    const before = texts.get(file) ?? readFileSync(join(checkout, file), "utf8");
    const match = [...before.matchAll(after)].at(-1);
    if (!match) {
      const advice = "Look for how services are listed there now, and correct new-service/register.ts.";
      throw new StackProblem("PLACE_NOT_FOUND", `${file} has no place for ${name.service}`, advice);
    }
    const at = match.index + match[0].length;
    texts.set(file, before.slice(0, at) + named(text, name) + before.slice(at));
  }
  for (const [file, text] of texts) writeFileSync(join(checkout, file), text);
  return [...texts.keys()];
}
