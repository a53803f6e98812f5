import { describe, expect, test } from "vitest";
import { expectAt, valuesAt } from "./expect.ts";

const deployment = {
  metadata: { labels: { "app.kubernetes.io/component": "catalog" } },
  spec: {
    replicas: 3,
    paused: false,
    containers: [
      { image: "catalog:1.2.3", memory: "1Gi", limit: "1Gi" },
      { image: "sidecar:latest", memory: "1Gi", limit: "2Gi" },
    ],
  },
};

test.each([
  ["spec.replicas", [3]],
  ["spec.containers.1.image", ["sidecar:latest"]],
  ["spec.containers.*.memory", ["1Gi", "1Gi"]],
  ["metadata.labels.app.kubernetes.io/component", ["catalog"]],
  ["spec.absent.deeper", []],
  ["spec.replicas.deeper", []],
])("%s leads to %j", (path, values) => {
  expect(valuesAt(deployment, path.split("."))).toEqual(values);
});

describe("an expectation", () => {
  test.each([
    ["spec.replicas", { equals: 3 }],
    ["spec.replicas", { atLeast: 3, atMost: 3 }],
    ["spec.containers.0.image", { matches: ":\\d+\\.\\d+\\.\\d+$" }],
    ["spec.containers.0.image", { lacks: "latest" }],
    ["spec.containers.0.limit", { sameAs: "spec.containers.0.memory" }],
    ["spec.containers", { matches: '"image":"catalog' }],
    ["spec.replicas", {}],
  ])("holds: %s %j", (path, expected) => {
    expect(expectAt(deployment, path, expected, "Deployment x")).toMatchObject({ ok: true });
  });

  test.each([
    ["spec.replicas", { equals: "3" }, "is 3, not 3"],
    ["spec.replicas", { atLeast: 4 }, "below 4"],
    ["spec.replicas", { atMost: 2 }, "above 2"],
    ["spec.containers.*.image", { lacks: "latest" }, "says /latest/"],
    ["spec.containers.*.image", { matches: "catalog" }, "does not say /catalog/"],
    ["spec.containers.1.limit", { sameAs: "spec.containers.1.memory" }, "is not"],
    ["spec.containers.0.limit", { sameAs: "spec.absent" }, "is not"],
    ["spec.paused", {}, "is empty"],
    ["spec.absent", { lacks: "anything" }, "is absent"],
    ["spec.absent.*", {}, "is absent"],
  ])("does not hold: %s %j", (path, expected, complaint) => {
    const finding = expectAt(deployment, path, expected, "Deployment x");
    expect(finding).toMatchObject({ ok: false });
    expect(finding.evidence).toContain(complaint);
  });
});
