import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { headers, type StoredMsg } from "nats";
import type { Faults } from "./fault-case.ts";

const messagesMax = 200;

/** Asks every service to publish everything that it announced since a moment once more. */
export async function republish({ mesh }: Faults, sinceMs: number): Promise<void> {
  using clients = mesh.connect();
  for (const service of mesh.services) {
    const feeds = await mesh.sql(
      service,
      (sql) => sql<{ feed: string }[]>`select feed from marketmesh.feeds`,
    );
    for (const { feed } of feeds)
      await clients.feeds[service]!.republish({ feed, sinceTime: timestampFromMs(sinceMs) });
  }
}

/** Publishes what is in the streams once more by hand, the newest message first: duplicates, late, in the wrong order. */
export async function injectDisorder({ mesh, market }: Faults): Promise<void> {
  await mesh.nats(async (connection) => {
    const manager = await connection.jetstreamManager();
    const client = connection.jetstream();
    for (const name of await manager.streams.names().next()) {
      const { state } = await manager.streams.info(name);
      const messages: StoredMsg[] = [];
      for (
        let seq = state.last_seq;
        seq >= Math.max(1, state.first_seq) && messages.length < messagesMax;
        seq -= 1
      ) {
        messages.push(await manager.streams.getMessage(name, { seq }));
      }
      for (const { subject, data, seq } of messages)
        await client.publish(subject, data, { msgID: `${market}/${seq}`, headers: headers() });
    }
  });
}
