import { describe, expect, it } from "vitest";
import { serviceNames } from "./edges.ts";
import { type KubeObject, render, valuesOf } from "./helm.ts";
import { component, ofKind, type Workload } from "./rendered.ts";

const hook = ({ metadata }: KubeObject) => metadata.annotations?.["helm.sh/hook"];
const ofMigrations = (objects: readonly KubeObject[]) =>
  objects.filter((object) => component(object) === "migrate");

describe("migrations", () => {
  const upgrade = render([
    ...valuesOf("production"),
    ...["--is-upgrade", "--set", "migrations.asHook=always"],
  ]);
  const jobs = ofKind<Workload>(upgrade, "Job");

  it("are a job for each service, with the role that owns its tables", () => {
    expect(jobs).toHaveLength(serviceNames.length);
    for (const { spec } of jobs) {
      const [container] = spec.template.spec.containers;
      expect(container!.args).toStrictEqual(["migrate"]);
      expect(container!.env!.map(({ name }) => name)).toContain("DATABASE_MIGRATOR_URL");
    }
  });

  it("are the only ones with that role", () => {
    const others = JSON.stringify(upgrade.filter((object) => component(object) !== "migrate"));
    expect(others).not.toContain("database-migrator-url");
  });

  it("come before an upgrade, what they need before them", () => {
    expect(new Set(ofMigrations(upgrade).map(hook))).toStrictEqual(new Set(["pre-install,pre-upgrade"]));
  });

  it("come before the first installation where the database is there already", () => {
    expect(new Set(ofMigrations(render(valuesOf("tls"))).map(hook))).toStrictEqual(
      new Set(["pre-install,pre-upgrade"]),
    );
  });

  it.each(["production", "external"])(
    "come with the first installation where what they need does: %s",
    (set) => {
      expect(new Set(ofMigrations(render(valuesOf(set))).map(hook))).toStrictEqual(new Set([undefined]));
    },
  );

  it("come beside the services in an upgrade that finds neither secret nor database, unless they are told to", () => {
    const kindsOf = (...args: string[]) => [...new Set(ofMigrations(render(args)).map(hook))];
    for (const set of ["production", "external"])
      expect(kindsOf(...valuesOf(set), "--is-upgrade"), set).toStrictEqual([undefined]);
    expect(kindsOf("--is-upgrade")).toStrictEqual(["pre-install,pre-upgrade"]);
    expect(kindsOf("--is-upgrade", "--set", "migrations.asHook=never")).toStrictEqual([undefined]);
  });

  it("of both kinds share no name, because helm deletes a plain object that became a hook", () => {
    const namesOf = (asHook: string) =>
      ofMigrations(render(["--set", `migrations.asHook=${asHook}`])).map(({ metadata }) => metadata.name);
    const plain = namesOf("never");
    for (const name of namesOf("always")) expect(plain).not.toContain(name);
  });

  it("have another name in another version, because a job cannot be changed", () => {
    const names = (args: string[]) => ofKind(render(args), "Job").map(({ metadata }) => metadata.name);
    const next = names(["--set", "image.tag=9.9.9"]);
    for (const name of names([])) expect(next).not.toContain(name);
  });

  it("end: by a deadline and a bound of tries", () => {
    for (const { spec } of jobs) {
      expect(spec).toMatchObject({
        backoffLimit: 6,
        activeDeadlineSeconds: 900,
        ttlSecondsAfterFinished: 86_400,
      });
    }
  });
});
