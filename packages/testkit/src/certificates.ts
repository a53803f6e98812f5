import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { der } from "./der.ts";

/** What a test certificate says. */
export interface CertificateOptions {
  /** Names and IPv4 addresses that it is for; default `localhost` and `127.0.0.1`. */
  readonly names?: readonly string[];
  /** When it ends; default in a day. */
  readonly expiresAt?: Date;
}

/** A certificate with its private key, both PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of one test. */
export interface TestAuthority {
  /** Its certificate, PEM: what is trusted. */
  readonly ca: string;
  /** A certificate for servers and clients alike. */
  issue(options?: CertificateOptions): TestCertificate;
}

const dayMs = 86_400_000;
const ecdsaWithSha256 = der.sequence(der.id("1.2.840.10045.4.3.2"));
const id = {
  commonName: "2.5.4.3",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
};

/** Makes an authority with P-256 keys (RFC 5280); needs no program besides Node. */
export function createTestAuthority(name = "marketmesh test authority"): TestAuthority {
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    extension(id.basicConstraints, true, der.sequence(der.boolean(true))),
    extension(id.keyUsage, true, der.bits(Buffer.from([0x06]), 1)), // keyCertSign, cRLSign
  ];
  const about = { subject: name, issuer: name, expiresAt: new Date(Date.now() + dayMs) };
  return {
    ca: certificate({ ...about, publicKey: own.publicKey, signingKey: own.privateKey, extensions }),
    issue: (options = {}) => issue(name, own.privateKey, options),
  };
}

function issue(issuer: string, signingKey: KeyObject, options: CertificateOptions): TestCertificate {
  const { names = ["localhost", "127.0.0.1"], expiresAt = new Date(Date.now() + dayMs) } = options;
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    extension(id.keyUsage, true, der.bits(Buffer.from([0x80]), 7)), // digitalSignature
    extension(id.extendedKeyUsage, false, der.sequence(der.id(id.serverAuth), der.id(id.clientAuth))),
    extension(id.alternativeNames, false, der.sequence(...names.map(alternativeName))),
  ];
  const subject = names[0] ?? "nobody";
  return {
    cert: certificate({ subject, issuer, expiresAt, publicKey: own.publicKey, signingKey, extensions }),
    key: own.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly expiresAt: Date;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certificate({ subject, issuer, expiresAt, publicKey, signingKey, extensions }: Certificate): string {
  const begins = new Date(Math.min(Date.now(), expiresAt.getTime()) - dayMs);
  const serial = randomBytes(8);
  serial[0] = 1 + (serial.readUInt8() >> 2);
  const content = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2]))), // version 3
    der.integer(serial),
    ecdsaWithSha256,
    nameOf(issuer),
    der.sequence(der.time(begins), der.time(expiresAt)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }) as Buffer,
    der.tagged(3, der.sequence(...extensions)),
  );
  const signature = sign("sha256", content, signingKey);
  return pem(der.sequence(content, ecdsaWithSha256, der.bits(signature)));
}

function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.id(id.commonName), der.text(commonName))));
}

function extension(kind: string, critical: boolean, content: Buffer): Buffer {
  return der.sequence(der.id(kind), ...(critical ? [der.boolean(true)] : []), der.octets(content));
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 0) return der.tagged(2, Buffer.from(name), false);
  return der.tagged(7, Buffer.from(name.split(".").map(Number)), false);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
