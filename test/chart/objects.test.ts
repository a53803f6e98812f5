import { describe, expect, it } from "vitest";
import { schemaProblem } from "./api-types.ts";
import { helm, type KubeObject, render, renderedSet, valueSets, valuesOf } from "./helm.ts";
import { typeProblems } from "./type-check.ts";

describe.each(valueSets)("with the values of %s", (set) => {
  it("passes helm's strict lint", () => {
    const { ok, output, errors } = helm("lint", "--strict", ".", "--quiet", ...valuesOf(set));
    expect(ok, `${output}${errors}`).toBe(true);
  });

  it("gives objects that fit the JSON schemas of their kinds", async () => {
    for (const object of renderedSet(set)) {
      expect(await schemaProblem(object), `${object.kind} ${object.metadata.name}`).toBeUndefined();
    }
  });

  it("names no object twice", () => {
    const names = renderedSet(set).map(
      (object) => `${object.apiVersion} ${object.kind} ${object.metadata.name}`,
    );
    expect(names).toStrictEqual([...new Set(names)]);
  });
});

/** What no set has: a cluster made from a backup, object stores of others, keys instead of a workload's identity. */
const variants: readonly string[][] = [
  [
    "postgres.recovery.enabled=true",
    "postgres.recovery.serverName=old",
    "postgres.recovery.targetTime=2026-11-22T08:00:00Z",
  ],
  [
    "postgres.backup.destinationPath=gs://backups/mesh",
    "nats.storage.className=fast",
    "postgres.storage.className=fast",
  ],
  [
    "postgres.backup.credentials=secret",
    "postgres.backup.existingSecret=store",
    "postgres.backup.endpointURL=https://store",
  ],
  [
    "postgres.backup.destinationPath=gs://backups/mesh",
    "postgres.backup.credentials=secret",
    "postgres.backup.existingSecret=store",
  ],
];

describe("objects of all sets", () => {
  it("have no field that their kinds do not have", () => {
    const varied = variants.flatMap((settings) =>
      render([...valuesOf("production"), "--set", settings.join(",")]),
    );
    const all = [...valueSets.flatMap(renderedSet), ...varied];
    const different = new Map(all.map((object) => [JSON.stringify(object), object]));
    expect(typeProblems([...different.values()])).toStrictEqual([]);
  });

  it("would be refused for a field that is misspelt, misplaced or of another type", () => {
    const [deployment] = renderedSet("minimal").filter(({ kind }) => kind === "Deployment");
    const policy = {
      apiVersion: "policy.linkerd.io/v1beta3",
      kind: "Server",
      metadata: { name: "wrong" },
      spec: { ports: 1 },
    };
    const wrong = [
      withSpec({ replica: 2 }),
      withSpec({ replicas: "2" }),
      { ...deployment!, replicas: 2 },
      policy,
    ];
    const problems = typeProblems(wrong as KubeObject[]);
    expect(problems).toHaveLength(wrong.length);
    expect(problems[0]).toMatch(/Deployment marketmesh-allocation: .*'"replica"' does not exist/);

    function withSpec(fields: object) {
      return { ...deployment!, spec: { ...(deployment!.spec as object), ...fields } };
    }
  });
});
