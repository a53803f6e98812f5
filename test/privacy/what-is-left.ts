import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { connect } from "nats";
import type { WholeMesh } from "../support/whole-mesh.ts";

/** Everything that a folder's files hold. */
export function filesOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}

/** What every service tells Prometheus, with exemplars. */
export function metricsOf({ services }: WholeMesh): string {
  return [...services.values()].map(({ host }) => host.telemetry.metrics.text("openmetrics")).join("\n");
}

/** Every message of every stream of this mesh, as text. */
export async function messagesOf({ services }: WholeMesh): Promise<string> {
  const env = services.get("catalog")!.host.env;
  const connection = await connect({ servers: env.NATS_URL! });
  const manager = await connection.jetstreamManager({ checkAPI: false });
  const texts: string[] = [];
  for (const name of services.keys()) {
    const stream = `${env.EVENTS_NAMESPACE}_${name}`.toUpperCase();
    const info = await manager.streams.info(stream);
    for (let seq = info.state.first_seq; seq <= info.state.last_seq; seq += 1) {
      const { data } = await manager.streams.getMessage(stream, { seq });
      texts.push(Buffer.from(data).toString("latin1"));
    }
  }
  await connection.close();
  return texts.join("\n");
}

interface Column extends Record<string, unknown> {
  readonly table_schema: string;
  readonly table_name: string;
  readonly column_name: string;
  readonly data_type: string;
}

/** The columns of a service's database in which the text stands in clear, as `schema.table.column`. */
export async function columnsWith({ services }: WholeMesh, service: string, text: string): Promise<string[]> {
  const env = services.get(service)!.host.env;
  const database = await openDatabase({
    url: env.DATABASE_URL!,
    backgroundUrl: env.DATABASE_BACKGROUND_URL!,
  });
  try {
    return await database.background(async (tx) => {
      const columns = await tx.execute<Column>(sql`
        select c.table_schema, c.table_name, c.column_name, c.data_type
        from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
        where c.table_schema in ('public', 'marketmesh') and t.table_type = 'BASE TABLE'
          and c.data_type in ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')`);
      const found: string[] = [];
      for (const column of columns) if (await holds(column)) found.push(pathOf(column));
      return found;

      async function holds({ table_schema, table_name, column_name, data_type }: Column): Promise<boolean> {
        const name = sql.identifier(column_name);
        const where =
          data_type === "bytea"
            ? sql`position(convert_to(${text}, 'UTF8') in ${name}) > 0`
            : sql`position(${text} in ${name}::text) > 0`;
        const table = sql`${sql.identifier(table_schema)}.${sql.identifier(table_name)}`;
        return (await tx.execute(sql`select 1 from ${table} where ${where} limit 1`)).length > 0;
      }
    });
  } finally {
    await database.close();
  }
}

function pathOf({ table_schema, table_name, column_name }: Column): string {
  return `${table_schema}.${table_name}.${column_name}`;
}

/** Takes the tables of a service away, so that whatever it does next fails in a way that nobody foresaw. */
export async function breakDatabase({ services }: WholeMesh, service: string): Promise<void> {
  const env = services.get(service)!.host.env;
  const owner = await openDatabase({
    url: env.DATABASE_MIGRATOR_URL!,
    backgroundUrl: env.DATABASE_MIGRATOR_URL!,
  });
  try {
    await owner.background(async (tx) => {
      const tables = await tx.execute<{ name: string }>(
        sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
      );
      for (const { name } of tables)
        await tx.execute(
          sql`alter table ${sql.identifier(name)} rename to ${sql.identifier(`${name}_gone`)}`,
        );
    });
  } finally {
    await owner.close();
  }
}
