import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type KnownMetrics, queryProblems } from "@marketmesh/slo/check";
import { checkoutDir } from "../state-folder.ts";

const folder = join(checkoutDir, "docs", "runbooks");

/** Files there that belong to no alert. */
export const otherRunbooks: readonly string[] = ["README.md", "restore.md"];

const sections = ["## How to tell", "## How to stop the bleeding", "## How to repair", "## Whom to wake"];

/** What is wrong with docs/runbooks: one that lacks, one too many, one that names what does not exist. */
export function runbookProblems(runbooks: Iterable<string>, known: KnownMetrics): string[] {
  const wanted = new Set([...runbooks].map((path) => basename(path)));
  const there = readdirSync(folder).filter((name) => !otherRunbooks.includes(name));
  const index = readFileSync(join(folder, "README.md"), "utf8");
  return [
    ...[...wanted].filter((name) => !there.includes(name)).map((name) => `${name} is missing`),
    ...there.filter((name) => !wanted.has(name)).map((name) => `${name} belongs to no alert`),
    ...there.filter((name) => !index.includes(`](${name})`)).map((name) => `${name} is not in the index`),
    ...there.flatMap((name) =>
      textProblems(readFileSync(join(folder, name), "utf8"), known).map((p) => `${name}: ${p}`),
    ),
  ];
}

/** Sections, links, commands and queries of one runbook. */
export function textProblems(text: string, known: KnownMetrics): string[] {
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!);
  const queries = [...text.matchAll(/```promql\n([\s\S]*?)```/g)].map((match) => match[1]!.trim());
  const commands = [...text.matchAll(/npx marketmesh (\w+)(?: ([a-z-]+))?/g)];
  return [
    ...sections.filter((section) => !text.includes(`\n${section}\n`)).map((section) => `lacks ${section}`),
    ...links
      .filter((link) => !link.includes("://") && !existsSync(join(folder, link)))
      .map((link) => `links to ${link}, which is not there`),
    ...queries.flatMap((query) => queryProblems(query, known)),
    ...commands
      .filter(([, name, verb]) => !isCommand(name!, verb))
      .map(([command]) => `there is no command ${command}`),
  ];
}

// By its source: the cli depends on this package.
const cli = join(checkoutDir, "packages", "cli", "src");
const commandNames = [...readFileSync(join(cli, "main.ts"), "utf8").matchAll(/^ {2}(\w+)(?:: \w+)?,$/gm)].map(
  (match) => match[1]!,
);

function isCommand(name: string, verb: string | undefined): boolean {
  if (!commandNames.includes(name)) return false;
  const path = join(cli, "commands", `${name}.ts`);
  if (verb === undefined || !existsSync(path)) return true;
  const usage = /\busage:([\s\S]*?)\babout:/.exec(readFileSync(path, "utf8"))?.[1] ?? verb;
  return new RegExp(`\\b${verb}\\b`).test(usage);
}
