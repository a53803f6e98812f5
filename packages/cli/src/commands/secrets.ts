import { parseArgs } from "node:util";
import { SERVICES } from "@marketmesh/dev-stack/service-table";
import type { Command } from "../command.ts";
import { makeSecrets } from "../secrets/make-secrets.ts";
import { UsageError } from "../usage-error.ts";

const text = { type: "string" } as const;
const name = /^[a-z]([-a-z0-9]{0,40}[a-z0-9])?$/;

export const secrets: Command = {
  usage:
    "FOLDER [--services A,B] [--release NAME] [--database-host H[:PORT]] [--database-read-host H[:PORT]] " +
    "[--database-parameters sslmode=…] [--nats-host H[:PORT]]",
  about:
    "makes what a cluster's secrets hold, as files that only you can read; never changes one that is there",
  async run(args) {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0) throw new UsageError("name one folder");
    const release = checked("--release", values.release ?? "marketmesh");
    const ofRelease = `${release}-postgres-rw`;
    const services = values.services?.split(",").map((service) => checked("--services", service));
    const { made, kept } = makeSecrets({
      folder,
      release,
      services: services ?? SERVICES.map(({ name }) => name),
      databaseHost: host("--database-host", values["database-host"] ?? ofRelease, 5432),
      databaseReadHost:
        values["database-read-host"] && host("--database-read-host", values["database-read-host"], 5432),
      databaseParameters:
        values["database-parameters"] ?? parametersFor(values["database-host"] ?? ofRelease, ofRelease),
      natsHost: host("--nats-host", values["nats-host"] ?? `${release}-nats`, 4222),
    });
    process.stdout.write(`${made.length} files made, ${kept.length} were there and are as they were\n`);
    process.stdout.write(`kubectl apply --namespace NAMESPACE --kustomize ${folder}\n`);
    process.stdout.write(
      `Keep ${folder} apart from backups: without ${release}-identity/master-key personal data is lost, and ` +
        `${release}-operator/operator-key opens everything\n`,
    );
  },
};

const options = {
  services: text,
  release: text,
  "database-host": text,
  "database-read-host": text,
  "database-parameters": text,
  "nats-host": text,
};

/** The chart mounts the authority of its own Postgres; of another it does where `postgres.caSecret` names it, and Node may know it. */
function parametersFor(databaseHost: string, ofRelease: string): string {
  const own = databaseHost.split(/[.:]/)[0] === ofRelease;
  return own ? "sslmode=verify-full&sslrootcert=/etc/marketmesh/postgres/ca.crt" : "sslmode=verify-full";
}

function checked(option: string, value: string): string {
  if (name.test(value)) return value;
  throw new UsageError(`${option}: ${JSON.stringify(value)} must have lower case letters, digits and - only`);
}

function host(option: string, value: string, port: number): string {
  if (!/^(\[[0-9a-f:]+\]|[a-zA-Z0-9.-]+)(:\d{1,5})?$/.test(value))
    throw new UsageError(`${option} takes a host name or address, with :PORT or without`);
  return /:\d+$/.test(value) && !value.endsWith("]") ? value : `${value}:${port}`;
}
