import { fromBinary } from "@bufbuild/protobuf";
import { EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { sql } from "drizzle-orm";
import type { Worker } from "./batch.ts";
import { count, recordAgain, saveHandledVersions } from "./inbox.ts";
import { isPassing } from "./passing.ts";

const replaysMax = 10;

/** Handles the dead letters of a subscription that somebody asked to replay; one that fails again is dead again. */
export async function replayDeadLetters(worker: Worker): Promise<void> {
  const asked = await worker.database.background((tx) =>
    tx.execute<{ id: string }>(sql`select id from marketmesh.dead_letters
      where subscription = ${worker.subscription} and state = 'REPLAYING' order by id limit ${replaysMax}`),
  );
  for (const { id } of asked) await replay(worker, id);
}

async function replay(worker: Worker, id: string): Promise<void> {
  const { database, subscription, handle } = worker;
  try {
    await database.background(async (tx) => {
      const [row] = await tx.execute<{ envelope: Buffer }>(sql`select envelope from marketmesh.dead_letters
        where id = ${id} and state = 'REPLAYING' for update skip locked`);
      if (!row) return;
      const envelope = fromBinary(EnvelopeSchema, row.envelope);
      await handle(tx, [envelope]);
      await recordAgain(tx, subscription, [envelope], "handled");
      if (worker.ordered) await saveHandledVersions(tx, subscription, [envelope]);
      await tx.execute(sql`update marketmesh.dead_letters set state = 'HANDLED' where id = ${id}`);
      await count(tx, "consumed", 1);
    });
  } catch (failure) {
    if (isPassing(failure)) throw failure;
    const error = (failure instanceof Error ? failure.message : String(failure)).slice(0, 1_000);
    await database.background((tx) =>
      tx.execute(sql`update marketmesh.dead_letters set state = 'DEAD', error = ${error}, attempts = attempts + 1
        where id = ${id}`),
    );
  }
}
