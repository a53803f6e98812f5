import { EventEmitter } from "node:events";
import type { NodeRequest, NodeResponse } from "@marketmesh/rpc";
import { expect, test } from "vitest";
import { profilingRoutes } from "./profiling.ts";

test("a client that leaves while its profile is sent is no fault, and the next one is served", async () => {
  const route = profilingRoutes().get("/debug/heap")!;
  const heap = { url: "/debug/heap?seconds=1" } as NodeRequest;
  const statuses: number[] = [];
  const responseOf = (onWrite: (response: EventEmitter) => boolean) => {
    const response = new EventEmitter();
    const methods = {
      writeHead: (status: number) => statuses.push(status),
      write: () => onWrite(response),
      end: () => {},
    };
    return Object.assign(response, methods) as unknown as NodeResponse;
  };
  const leaves = responseOf((response) => {
    setImmediate(() => response.emit("close"));
    return false;
  });
  await route(heap, leaves);
  await route(
    heap,
    responseOf(() => true),
  );
  expect(statuses).toEqual([200, 200]);
});
