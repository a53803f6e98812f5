import { expect, test } from "vitest";
import { connectionsMax, MAX_CONNECTIONS, SERVICES } from "./service-table.ts";

test("all pools together leave a fifth of the connections free", () => {
  expect(connectionsMax(SERVICES)).toBeLessThanOrEqual(0.8 * MAX_CONNECTIONS);
});

test("every service is listed once", () => {
  expect(new Set(SERVICES.map((service) => service.name)).size).toBe(SERVICES.length);
});
