import type { DashboardCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { type Finding, missing, ok } from "../finding.ts";

interface Panel {
  readonly type?: string;
  readonly title?: string;
  readonly panels?: readonly Panel[];
  readonly targets?: readonly { readonly expr?: string }[];
}

export function dashboardFinding({ dashboard, panel, query }: DashboardCheck, evidence: Evidence): Finding {
  const path = `deploy/dashboards/${dashboard}.json`;
  const text = evidence.file(path);
  if (text === undefined) return missing(`there is no ${path}`);
  const panels = flattened((JSON.parse(text) as Panel).panels ?? []).filter(({ type }) => type !== "row");
  const found = panels.find(
    ({ type, targets = [] }) =>
      (panel === undefined || type === panel) &&
      (query === undefined || targets.some(({ expr }) => expr?.includes(query))),
  );
  const wanted = [panel && `of type ${panel}`, query && `that asks for ${query}`].filter(Boolean).join(" ");
  if (!found) return missing(`${path} has no panel ${wanted}`);
  return ok(`${path}: ${panels.length} panels, "${found.title}"${wanted && ` ${wanted}`}`);
}

function flattened(panels: readonly Panel[]): Panel[] {
  return panels.flatMap((panel) => [panel, ...flattened(panel.panels ?? [])]);
}
