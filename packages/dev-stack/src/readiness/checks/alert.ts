import type { AlertCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { type Finding, missing, ok } from "../finding.ts";
import { parsedYaml } from "../parsed-yaml.ts";

const rulesFolder = "deploy/rules";

interface Rule {
  readonly alert?: string;
  readonly expr?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function alertFinding({ alert, severity, in: file }: AlertCheck, evidence: Evidence): Finding {
  const paths = file === undefined ? evidence.filesBelow(rulesFolder) : [`${rulesFolder}/${file}`];
  const rules = paths.flatMap((path) => rulesOf(evidence.file(path) ?? ""));
  const found = rules.filter(
    (rule) =>
      rule.alert !== undefined &&
      new RegExp(`^(${alert})$`).test(rule.alert) &&
      (severity === undefined || rule.labels?.severity === severity),
  );
  const [first] = found;
  if (first === undefined)
    return missing(
      `${file === undefined ? rulesFolder : paths[0]} has no alert ${alert}${severity ? ` that says ${severity}` : ""}`,
    );
  for (const rule of found) {
    const runbook = runbookOf(rule);
    if (runbook === undefined) return missing(`alert ${rule.alert} names no runbook`);
    if (evidence.file(runbook) === undefined) return missing(`${runbook} of ${rule.alert} does not exist`);
  }
  const others = found.length > 1 ? ` and ${found.length - 1} more` : "";
  return ok(`alert ${first.alert}${others}, ${first.labels?.severity}, ${runbookOf(first)}`);
}

function rulesOf(text: string): readonly Rule[] {
  const [document] = parsedYaml(text) as {
    groups?: { rules?: Rule[] }[];
    spec?: { groups?: { rules?: Rule[] }[] };
  }[];
  const groups = document?.groups ?? document?.spec?.groups ?? [];
  return groups.flatMap(({ rules }) => rules ?? []);
}

function runbookOf({ annotations = {} }: Rule): string | undefined {
  return /docs\/runbooks\/[\w-]+\.md/.exec(Object.values(annotations).join(" "))?.[0];
}
