export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testDatabaseUrl,
  testNatsUrl,
} from "./test-database.ts";
