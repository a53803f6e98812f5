import { createTestAuthority } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import { checkTlsTexts, type TlsTexts } from "./tls-material.ts";

const authority = createTestAuthority();
const { cert, key } = authority.issue();
const good: TlsTexts = { certFile: cert, keyFile: key, clientCaFile: authority.ca, caFile: authority.ca };
const paths = { certFile: "tls.crt", keyFile: "tls.key", clientCaFile: "ca.crt", caFile: "ca.crt" };
const cutShort = "\n-----BEGIN CERTIFICATE-----\nMIIB";

test("files that fit each other are taken", () => {
  expect(checkTlsTexts(good, paths).expiry.map(({ file }) => file)).toEqual([
    "certificate",
    "client_ca",
    "ca",
  ]);
});

test.each(["certFile", "keyFile"] as const)(
  "what OpenSSL refuses in %s is refused before it is used",
  (file) => {
    const pem = file === "certFile" ? `${cert}${cutShort}` : key.replace(/\n.*\n-----END/, "\n-----END");
    const check = () => checkTlsTexts({ ...good, [file]: pem }, paths);
    expect(check).toThrow(/TLS_(CERT|KEY)_FILE=tls/);
    expect(check).not.toThrow("MIIB");
  },
);
