export {
  type CertificateOptions,
  createTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from "./certificates.ts";
export { startTestOidcIssuer, type TestOidcIssuer } from "./oidc-issuer.ts";
export { refusalLine, refusalOf } from "./refusal.ts";
export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testDatabaseUrl,
  testNatsUrl,
} from "./servers/index.ts";
export { type RunningServices, type ServiceUnderTest, startServices } from "./services.ts";
export { createSigningKey, type SigningKey } from "./signing-key.ts";
export { sign, startTestIssuer, type TestIssuer, type TestToken, type TestTokenClaims } from "./tokens.ts";
