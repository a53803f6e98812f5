import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generatedFiles } from "./generated.ts";
import { chartDir, helm, renderedSet } from "./helm.ts";
import { version } from "./invariants/images.ts";
import { ofKind } from "./rendered.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-chart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("files of the chart that are made from others", () => {
  it.each([...generatedFiles()])("are as `npm run generate` makes them: %s", (path, text) => {
    const file = join(chartDir, path);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(text);
  });
});

describe("rules and dashboards", () => {
  const objects = renderedSet("production");

  it.each(filesIn("rules"))("are the ones of the repository: rules/%s", (file) => {
    const name = `marketmesh-rules-${file.replace(/\.yaml$/, "")}`;
    const rule = ofKind(objects, "PrometheusRule").find(({ metadata }) => metadata.name === name);
    expect(rule?.spec).toStrictEqual(parse(readFileSync(join(checkoutDir, "deploy", "rules", file), "utf8")));
  });

  it.each(filesIn("dashboards"))("are the ones of the repository: dashboards/%s", (file) => {
    const name = `marketmesh-dashboard-${file.replace(/\.json$/, "")}`;
    const map = ofKind(objects, "ConfigMap").find(({ metadata }) => metadata.name === name);
    expect(map?.metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    expect(map?.data).toStrictEqual({
      [file]: readFileSync(join(checkoutDir, "deploy", "dashboards", file), "utf8"),
    });
  });

  it("are in the chart's package, without the links that lead to them here", () => {
    expect(helm("package", ".", "--destination", folder).ok).toBe(true);
    const { ok, output, errors } = helm(
      "template",
      "packed",
      join(folder, `marketmesh-${version}.tgz`),
      "--values",
      "ci/production.yaml",
    );
    expect(ok, errors).toBe(true);
    for (const file of filesIn("rules"))
      expect(output).toContain(`packed-rules-${file.replace(/\.yaml$/, "")}`);
    for (const file of filesIn("dashboards"))
      expect(output).toContain(`packed-dashboard-${file.replace(/\.json$/, "")}`);
  });
});

function filesIn(kind: "rules" | "dashboards"): string[] {
  return readdirSync(join(checkoutDir, "deploy", kind))
    .filter((file) => /\.(yaml|json)$/.test(file))
    .sort();
}
