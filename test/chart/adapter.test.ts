import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { chartDir, type KubeObject, renderedSet } from "./helm.ts";
import { ofKind } from "./rendered.ts";

interface Scaler extends KubeObject {
  readonly spec: {
    readonly metrics: readonly { readonly pods?: { readonly metric: { readonly name: string } } }[];
  };
}

interface AdapterRule {
  readonly seriesQuery: string;
  readonly name: { readonly as: string };
}

const { rules } = parse(readFileSync(join(chartDir, "examples", "prometheus-adapter.yaml"), "utf8")) as {
  rules: { custom: readonly AdapterRule[] };
};

it("the adapter's example serves the metrics that autoscalers ask for", () => {
  const asked = ofKind<Scaler>(renderedSet("production"), "HorizontalPodAutoscaler").flatMap(({ spec }) =>
    spec.metrics.flatMap(({ pods }) => pods?.metric.name ?? []),
  );
  expect([...new Set(asked)].sort()).toStrictEqual(rules.custom.map(({ name }) => name.as).sort());
});

it.each(rules.custom)(
  "the adapter's example asks for a metric that services have: $name.as",
  ({ seriesQuery }) => {
    const table = readFileSync(join(checkoutDir, "docs", "METRICS.md"), "utf8");
    const [, name] = /^marketmesh_([a-z_]+)\{/.exec(seriesQuery) ?? [];
    expect(table).toContain(`| \`${name}\` |`);
  },
);
