export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testDatabaseUrl,
  testNatsUrl,
} from "./test-database.ts";
export { openWay, type Way } from "./way.ts";
