import { join } from "node:path";
import { type Body, type Folder, list, references } from "./hcl.ts";

const metaArguments = new Set(["source", "version", "count", "for_each", "depends_on", "providers"]);

/** What does not fit together in a folder and the modules that it calls, one line each. */
export function wiringProblems(folder: Folder, folders: ReadonlyMap<string, Folder>): string[] {
  const everything = [
    ...folder.objects.values(),
    ...folder.modules.values(),
    ...folder.outputs.values(),
    ...folder.locals.values(),
    ...folder.variables.values(),
    folder.settings,
  ];
  return [
    ...everything.flatMap((body) => references(body)).flatMap((used) => undeclared(used, folder, folders)),
    ...unused(folder),
    ...[...folder.modules].flatMap(([name, call]) => callProblems(name, call, folder, folders)),
  ];
}

type Used = ReturnType<typeof references>[number];

function undeclared({ to, attribute }: Used, folder: Folder, folders: ReadonlyMap<string, Folder>): string[] {
  const [kind, name = ""] = to.split(".");
  if (kind === "var") return folder.variables.has(name) ? [] : [`${to} is not declared`];
  if (kind === "local") return folder.locals.has(name) ? [] : [`${to} is not declared`];
  if (kind !== "module") return folder.objects.has(to) ? [] : [`${to} does not exist`];
  const call = folder.modules.get(name);
  if (!call) return [`${to} is not called`];
  const target = targetOf(call, folder, folders);
  if (!target || !attribute || target.outputs.has(attribute)) return [];
  return [`${to}.${attribute} is no output of ${target.path}`];
}

/** Variables and locals that nothing reads; a variable's own validation does not count. */
function unused(folder: Folder): string[] {
  const readers = [
    ...folder.objects.values(),
    ...folder.modules.values(),
    ...folder.outputs.values(),
    ...folder.locals.values(),
  ];
  const used = new Set(readers.flatMap((body) => references(body)).map(({ to }) => to));
  const inProviders = new Set(folder.providerReferences);
  const declared = [
    ...[...folder.variables.keys()].map((name) => `var.${name}`),
    ...[...folder.locals.keys()].map((name) => `local.${name}`),
  ];
  return declared
    .filter((name) => !used.has(name) && !inProviders.has(name))
    .map((name) => `${name} is not used`);
}

function targetOf(call: Body, folder: Folder, folders: ReadonlyMap<string, Folder>): Folder | undefined {
  return folders.get(join(folder.path, String(call.source)));
}

function callProblems(
  name: string,
  call: Body,
  folder: Folder,
  folders: ReadonlyMap<string, Folder>,
): string[] {
  const target = targetOf(call, folder, folders);
  if (!target) return [`module.${name}: there is no ${call.source}`];
  const given = Object.keys(call).filter((key) => !metaArguments.has(key));
  const required = [...target.variables]
    .filter(([, variable]) => !("default" in variable))
    .map(([key]) => key);
  return [
    ...required.filter((key) => !given.includes(key)).map((key) => `module.${name} lacks ${key}`),
    ...given
      .filter((key) => !target.variables.has(key))
      .map((key) => `module.${name}: ${key} is no variable of ${target.path}`),
    ...given
      .filter((key) => target.variables.has(key))
      .filter((key) => !mayBe(call[key], typeOf(target.variables.get(key)!), folder))
      .map((key) => `module.${name}: ${key} must be ${typeOf(target.variables.get(key)!)}`),
  ];
}

/** A variable's type as it is written, without spaces. */
export function typeOf(variable: Body): string {
  return String(variable.type ?? "")
    .replace(/^\$\{|\}$/g, "")
    .replace(/\s+/g, "");
}

/** Whether a value can have a type; what is only known at run time may. */
function mayBe(value: unknown, type: string, folder: Folder): boolean {
  const shape = /^[a-z]+/.exec(type)?.[0];
  if (shape === "any" || value === null) return true;
  if (typeof value === "string" && value.startsWith("${")) {
    const variable = /^\$\{var\.([\w-]+)\}$/.exec(value)?.[1];
    const other = variable === undefined ? undefined : folder.variables.get(variable);
    return !other || typeOf(other) === type || !/^(string|number|bool)$/.test(typeOf(other));
  }
  if (Array.isArray(value)) return shape === "list" || shape === "set" || shape === "tuple";
  if (typeof value === "object") return shape === "map" || shape === "object";
  return { string: "string", number: "number", boolean: "bool" }[typeof value as string] === shape;
}

/** Providers that a folder uses without requiring them, or requires without using. */
export function providerProblems(folder: Folder, folders: ReadonlyMap<string, Folder>): string[] {
  const required = new Set(Object.keys(list(folder.settings.required_providers)[0] ?? {}));
  const used = providersUsed(folder, folders);
  const own = new Set([...folder.objects.keys()].map(providerOf));
  return [
    ...[...own]
      .filter((name) => name !== "terraform" && !required.has(name))
      .map((name) => `${name} is used and not required`),
    ...[...required].filter((name) => !used.has(name)).map((name) => `${name} is required and not used`),
  ];
}

/** Every provider that a folder needs, those of its modules included. */
export function providersUsed(folder: Folder, folders: ReadonlyMap<string, Folder>): ReadonlySet<string> {
  const own = [...folder.objects.keys()].map(providerOf).filter((name) => name !== "terraform");
  const below = [...folder.modules.values()].flatMap((call) => {
    const target = targetOf(call, folder, folders);
    return target ? [...providersUsed(target, folders)] : [];
  });
  return new Set([...own, ...below]);
}

function providerOf(object: string): string {
  return object.replace(/^(data|ephemeral)\./, "").split("_")[0]!;
}
