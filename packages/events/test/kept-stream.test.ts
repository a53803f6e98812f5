import { testNatsUrl } from "@marketmesh/testkit/servers";
import { connect } from "nats";
import { expect, test } from "vitest";
import { type Events, openEvents } from "../src/index.ts";

const namespace = `kept${process.pid}`;
const open = (): Promise<Events> =>
  openEvents({
    service: "keeper",
    natsUrl: testNatsUrl(),
    namespace,
    feedsOf: () => {
      throw new Error("nobody follows here");
    },
  });
const message = (text: string) => ({ id: text, data: new TextEncoder().encode(text) });

test("keeps all messages in order over processes, one that comes twice once", async () => {
  const [one, other] = await Promise.all([open(), open()]);
  const texts = Array.from({ length: 2_500 }, (_, at) => `m${at}`);
  const stream = await one.kept("things");
  expect(await stream.read()).toEqual([]);
  await stream.append([message("m0"), message("m0")]);
  await stream.append(texts.map(message));
  const read = async (events: Events) =>
    (await (await events.kept("things")).read()).map((data) => new TextDecoder().decode(data));
  expect(await read(other)).toEqual(texts);
  await Promise.all([one.close(), other.close()]);
});

test("nothing can be taken out of it, it has no end, and who deletes a mesh's streams by subject passes it by", async () => {
  const events = await open();
  await (await events.kept("others")).append([message("x")]);
  const connection = await connect({ servers: testNatsUrl() });
  const manager = await connection.jetstreamManager();
  const name = `${namespace}_OTHERS`.toUpperCase();
  await expect(manager.streams.purge(name)).rejects.toThrow();
  await expect(manager.streams.deleteMessage(name, 1)).rejects.toThrow();
  const { config } = await manager.streams.info(name);
  expect([config.max_age, config.max_msgs, config.max_bytes]).toEqual([0, -1, -1]);
  const found: string[] = [];
  for await (const stream of manager.streams.list(`${namespace}.>`)) found.push(stream.config.name);
  expect(found).not.toContain(name);
  await connection.close();
  await events.close();
});

test("a stream that is there already and could forget something is refused by name", async () => {
  const connection = await connect({ servers: testNatsUrl() });
  const manager = await connection.jetstreamManager();
  const name = `${namespace}_LOSSY`.toUpperCase();
  await manager.streams.add({ name, subjects: [`${namespace}-lossy`], max_msgs: 10, deny_purge: true });
  const events = await open();
  await expect(events.kept("lossy")).rejects.toThrow(
    `${name} does not keep everything (max_msgs, deny_delete)`,
  );
  await manager.streams.delete(name);
  await connection.close();
  await events.close();
});
