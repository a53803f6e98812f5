import { describe, expect, it } from "vitest";
import { schemaProblem } from "./api-types.ts";
import { helm, type KubeObject, renderedSet, valueSets, valuesOf } from "./helm.ts";
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

describe("objects of all sets", () => {
  it("have no field that their kinds do not have", () => {
    const different = new Map(
      valueSets.flatMap(renderedSet).map((object) => [JSON.stringify(object), object]),
    );
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
