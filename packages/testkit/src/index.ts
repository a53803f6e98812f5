export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testDatabaseUrl,
  testNatsUrl,
} from "./servers/index.ts";
