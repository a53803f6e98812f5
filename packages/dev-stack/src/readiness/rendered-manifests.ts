import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { helmBinary } from "../servers/index.ts";
import type { Manifest } from "./evidence.ts";

const outputBytesMax = 64 * 1024 * 1024;

/** Every object of the chart with production's values, as release `marketmesh`. Throws what helm complains of, or HELM_MISSING. */
export async function renderedManifests(checkout: string, binDir: string): Promise<readonly Manifest[]> {
  const chart = join(checkout, "deploy", "charts", "marketmesh");
  const args = [
    "template",
    "marketmesh",
    chart,
    "--namespace",
    "mesh",
    "--values",
    join(chart, "ci", "production.yaml"),
  ];
  const { status, stdout, stderr } = spawnSync(helmBinary(binDir), args, {
    encoding: "utf8",
    maxBuffer: outputBytesMax,
    env: { ...process.env, KUBECONFIG: "/dev/null" },
  });
  if (status !== 0) throw new Error(`helm does not render the chart: ${stderr.trim()}`);
  return parseAllDocuments(stdout).flatMap((document) => {
    const object = document.toJS() as Manifest | null;
    return object === null ? [] : [object];
  });
}
