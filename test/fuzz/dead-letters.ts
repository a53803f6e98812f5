import { create, toBinary } from "@bufbuild/protobuf";
import { EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import postgres from "postgres";
import type { WholeMesh } from "../support/whole-mesh.ts";
import { databasesOf } from "./databases.ts";
import { deadLettersCount } from "./hints.ts";

/** Puts dead letters into every service, of a subscription that nobody has: nothing that the fuzzer sends makes one. */
export async function plantDeadLetters(mesh: WholeMesh, adminUrl: string): Promise<void> {
  for (const { url } of databasesOf(mesh, adminUrl)) {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    for (let id = 1; id <= deadLettersCount; id += 1) {
      const envelope = toBinary(
        EnvelopeSchema,
        create(EnvelopeSchema, { eventId: BigInt(id), feed: "nothing" }),
      );
      await sql`
        insert into marketmesh.dead_letters (subscription, service, feed_epoch, event_id, envelope, error, attempts)
        values ('fuzz', 'fuzz', 1, ${id}, ${envelope}, 'planted', 5)`;
    }
    await sql.end();
  }
}
