import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A private key and the certificate of its public key. */
export type Signer = {
  privateKey: KeyObject;
  certificatePem: string;
  /** 40 hexadecimal digits in upper case, as providers print it. */
  serialNumber: string;
  validFrom: Date;
  validTo: Date;
};

const tag = {
  integer: 0x02,
  bitString: 0x03,
  nothing: 0x05,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
};

/** 1.2.840.113549.1.1.11 and 2.5.4.3, encoded. */
const sha256WithRsa = element(tag.objectId, Buffer.from("2a864886f70d01010b", "hex"));
const commonName = element(tag.objectId, Buffer.from("550403", "hex"));
const dayMs = 24 * 3600 * 1000;
const validDays = 5 * 365;

/** A fresh RSA key with a self-signed X.509 (version 1) certificate, valid from a day before `now` for five years. */
export function newSigner(name: string, now: Date): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const algorithm = element(tag.sequence, sha256WithRsa, element(tag.nothing));
  const attribute = element(tag.sequence, commonName, element(tag.utf8, Buffer.from(name)));
  const who = element(tag.sequence, element(tag.set, attribute));
  const validFrom = new Date(now.getTime() - dayMs);
  const validTo = new Date(validFrom.getTime() + validDays * dayMs);
  const validity = element(tag.sequence, utcTime(validFrom), utcTime(validTo));
  // A positive DER integer of exactly 20 bytes: the first one stays within 0x40 … 0x7f.
  const serial = randomBytes(20);
  serial[0] = 0x40 | (serial[0]! & 0x3f);
  const subjectKey = publicKey.export({ type: "spki", format: "der" });
  const signed = element(
    tag.sequence,
    element(tag.integer, serial),
    algorithm,
    who,
    validity,
    who,
    subjectKey,
  );
  const signature = element(tag.bitString, Buffer.from([0]), sign("sha256", signed, privateKey));
  return {
    privateKey,
    certificatePem: pem(element(tag.sequence, signed, algorithm, signature)),
    serialNumber: serial.toString("hex").toUpperCase(),
    validFrom,
    validTo,
  };
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** One DER element: tag, length, content (X.690 §8.1). */
function element(tagByte: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tagByte, ...derLength(body.length)]), body]);
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 0xff];
}

/** `YYMMDDHHMMSSZ`; holds for years before 2050. */
function utcTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/\D/g, "").slice(2, 14);
  return element(tag.utcTime, Buffer.from(`${digits}Z`));
}
