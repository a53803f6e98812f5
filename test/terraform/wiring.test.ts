import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Body, type Folder, list, readFolders } from "./hcl.ts";
import { providerProblems, wiringProblems } from "./wiring.ts";

let folders: ReadonlyMap<string, Folder>;

beforeAll(async () => {
  folders = await readFolders();
});

/** Problems of every folder, each with the folder's path before it. */
function everywhere(problemsOf: (folder: Folder) => readonly string[]): string[] {
  return [...folders.values()].flatMap((folder) =>
    problemsOf(folder).map((problem) => `${folder.path}: ${problem}`),
  );
}

function modules(): Folder[] {
  return [...folders.values()].filter(({ path }) => path.startsWith("modules/"));
}

function environments(): Folder[] {
  return [...folders.values()].filter(({ path }) => path.startsWith("environments/"));
}

describe("Terraform files", () => {
  test("are all HCL, and hold the modules and environments that are promised", () => {
    const nouns = new Set(modules().map(({ path }) => path.split("/")[1]));
    expect([...nouns].sort()).toEqual([
      "cluster",
      "database",
      "marketmesh",
      "messaging",
      "network",
      "observability",
    ]);
    const clouds = new Set(environments().map(({ path }) => path.split("/")[1]));
    expect([...clouds].sort()).toEqual(["aws", "gcp", "kind"]);
  });

  test("declare what they use and use what they declare; modules get what they ask for", () => {
    expect(everywhere((folder) => wiringProblems(folder, folders))).toEqual([]);
  });

  test("require the providers that they use, and a Terraform that knows write-only arguments", () => {
    expect(everywhere((folder) => providerProblems(folder, folders))).toEqual([]);
    expect(
      everywhere((folder) => (folder.settings.required_version === "~> 1.11" ? [] : ["required_version"])),
    ).toEqual([]);
    expect(everywhere(unpinned)).toEqual([]);
  });

  test("say what every variable and output is, and give every variable a type", () => {
    expect(
      everywhere((folder) => [
        ...[...folder.variables]
          .filter(([, { description, type }]) => !description || !type)
          .map(([name]) => `var.${name}`),
        ...[...folder.outputs]
          .filter(([, { description }]) => !description)
          .map(([name]) => `output.${name}`),
      ]),
    ).toEqual([]);
  });

  test("refuse what can't be meant: every validation has a message that names its variable", () => {
    const silent = everywhere((folder) =>
      [...folder.variables].flatMap(([name, variable]) =>
        list(variable.validation)
          .filter(({ error_message: message }) => !namesIt(String(message), name))
          .map(() => `var.${name}`),
      ),
    );
    expect(silent).toEqual([]);
    const validated = modules()
      .flatMap(({ variables }) => [...variables.values()])
      .filter(({ validation }) => validation);
    expect(validated.length).toBeGreaterThan(80);
  });

  test("configure providers in environments alone", () => {
    expect(modules().flatMap(({ configured, path }) => configured.map((name) => `${path}: ${name}`))).toEqual(
      [],
    );
    for (const folder of environments()) expect(folder.configured.length, folder.path).toBeGreaterThan(0);
  });

  test("keep the state of what is in a cloud remote and locked", () => {
    for (const cloud of ["aws", "gcp"])
      for (const stage of ["platform", "workloads"]) {
        const { settings } = folders.get(join("environments", cloud, stage))!;
        const backend = settings.backend as { s3?: Body[]; gcs?: Body[] };
        if (cloud === "gcp") expect(backend.gcs).toBeDefined();
        else expect(backend.s3?.[0]).toMatchObject({ use_lockfile: true, encrypt: true });
      }
  });
});

function unpinned({ settings }: Folder): string[] {
  const providers = Object.entries(list(settings.required_providers)[0] ?? {}) as [
    string,
    { version: string },
  ][];
  return providers
    .filter(([, { version }]) => !/^~> \d+\.\d+$/.test(version))
    .map(([name]) => `${name} is not pinned`);
}

function namesIt(message: string, name: string): boolean {
  // A message about a part of a variable names the part.
  return message.includes(name) || /^(A taint|The system pool)/.test(message);
}
