// Loaded into processes before anything else (`node --import`): names below `.mesh.test` have the addresses that a file lists,
// as a headless Service's name has those of its ready pods. Other names are looked up as ever.
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** The environment key of the file: JSON, a list of addresses by name. */
export const ENDPOINTS_FILE_KEY = "MARKETMESH_TEST_ENDPOINTS_FILE";

type Found = (error: NodeJS.ErrnoException | null, address?: unknown, family?: number) => void;

const names = /^[a-z0-9-]+\.mesh\.test$/;
const bySystem = { lookup: dns.lookup, promises: dns.promises.lookup };

function addressesOf(name: string): string[] {
  const file = process.env[ENDPOINTS_FILE_KEY];
  const listed =
    file === undefined ? {} : (JSON.parse(readFileSync(file, "utf8")) as Record<string, string[]>);
  const addresses = listed[name] ?? [];
  if (addresses.length > 0) return addresses;
  // What a resolver says of a Service without ready pods.
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND", hostname: name });
}

function found(name: string, all: boolean | undefined) {
  const records = addressesOf(name).map((address) => ({ address, family: 4 }));
  return all ? records : records[Math.floor(Math.random() * records.length)]!;
}

async function lookupPromise(name: string, options: dns.LookupOptions = {}): Promise<unknown> {
  return names.test(name) ? found(name, options.all) : bySystem.promises(name, options);
}

function lookup(name: string, given: dns.LookupOptions | Found, callback?: Found): void {
  const [options, tell] = typeof given === "function" ? [{}, given] : [given, callback!];
  if (!names.test(name)) {
    bySystem.lookup(name, options, tell as (...told: unknown[]) => void);
    return;
  }
  setImmediate(() => {
    try {
      const records = found(name, options.all);
      if (Array.isArray(records)) tell(null, records);
      else tell(null, records.address, records.family);
    } catch (error) {
      tell(error as NodeJS.ErrnoException);
    }
  });
}

Object.assign(dns.promises, { lookup: lookupPromise });
Object.assign(dns, { lookup });
syncBuiltinESMExports();
