import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { expect, test } from "vitest";
import { parse } from "yaml";

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly configs: readonly { source: string; target: string }[];
}

const compose = parse(readFileSync(join(checkoutDir, "deploy", "compose.yaml"), "utf8")) as {
  services: Record<string, Service>;
  configs: Record<string, { content: string }>;
};

// No Docker runs here: what can be checked without is that nothing points nowhere.
test("deploy/compose.yaml names pinned images, folders that exist and configurations that parse", () => {
  for (const { image, ports = [], volumes, configs } of Object.values(compose.services)) {
    expect(image).toMatch(/:\d+\.\d+\.\d+$/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const volume of volumes.filter((one) => one.startsWith("./")))
      expect(existsSync(join(checkoutDir, "deploy", volume.split(":")[0]!))).toBe(true);
    for (const { source } of configs) expect(parse(compose.configs[source]!.content)).toBeTypeOf("object");
  }
});

test("the dashboards and rules that are mounted are where Grafana and Prometheus are told to look", () => {
  const mounted = compose.services.lgtm!.volumes.map((volume) => volume.split(":")[1]!);
  expect(mounted).toContain(parse(compose.configs.dashboards!.content).providers[0].options.path);
  const [rules] = parse(compose.configs.prometheus!.content).rule_files;
  expect(mounted).toContain(rules.replace("/*.yaml", ""));
});
