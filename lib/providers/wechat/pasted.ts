import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import * as z from "zod";
import { blanks, unwrapped } from "../pasted.ts";
import type { KeyForms } from "../rsa.ts";

/** A pasted id or number, without what surrounds it. */
export const pastedId = z.string().transform(unwrapped);

/** The APIv3 key without surrounding whitespace; the merchant may have chosen any other character in the console. */
export const pastedSecret = z.string().transform((text) => text.replace(blanksAround, ""));

const blanksAround = new RegExp(`^${blanks.source}|${blanks.source}$`, "gu");

const block = /-----BEGIN ([A-Z ]+)-----([^-]*)-----END \1-----/;

const labels = { private: /^(RSA )?PRIVATE KEY$/, public: /^(RSA )?PUBLIC KEY$/ };

/**
 * Keys of WeChat Pay's PEM files as people paste them: with the two characters `\n` in place of line ends, with CRLF,
 * on one line, indented, with other text before it, with a byte order mark. The error names what was pasted in place of
 * a key.
 */
export const keyForms: KeyForms = { named: ", in PEM (-----BEGIN …)", read: readKey, otherThing };

function readKey(text: string, isPrivate: boolean): KeyObject | undefined {
  const [, label = "", content = ""] = block.exec(asLines(text)) ?? [];
  // Node would also accept a private key or a certificate, and use its public half.
  if (!labels[isPrivate ? "private" : "public"].test(label)) return undefined;
  const pem = `-----BEGIN ${label}-----\n${content.replace(/\s/g, "")}\n-----END ${label}-----`;
  try {
    return isPrivate ? createPrivateKey(pem) : createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function asLines(text: string): string {
  return text.replace(/\\r/g, "").replace(/\\n/g, "\n");
}

/** Names what was pasted in place of the key, and what to paste instead; undefined: a key of this kind, or unknown. */
function otherThing(text: string, isPrivate: boolean): string | undefined {
  const label = /-----BEGIN ([A-Z ]+)-----/.exec(text)?.[1];
  const instead = `paste the whole of ${isPrivate ? "apiclient_key.pem" : "pub_key.pem"}`;
  if (label === undefined) {
    const bare = /^[0-9A-Za-z+/=\s]{100,}$/.test(asLines(text));
    return bare ? `has no -----BEGIN … line: ${instead}, its first and last line included` : undefined;
  }
  if (label.endsWith("CERTIFICATE")) return `is a certificate: ${instead}`;
  if (label === "ENCRYPTED PRIVATE KEY") return "is a key with a password: store it without one";
  if (labels[isPrivate ? "public" : "private"].test(label))
    return isPrivate
      ? `is a public key: ${instead}`
      : `is a private key: ${instead}, WeChat Pay's public key`;
  return undefined;
}

/**
 * A certificate's serial number as OpenSSL, browsers and WeChat Pay's console show it: `5157F09E…`, in lower case, with
 * colons or spaces, after `serial=` or `0x`.
 */
export const pastedSerial = pastedId.transform((text) =>
  text
    .replace(/^(serial\s*=\s*|0x)/i, "")
    .replace(/[:\s]/g, "")
    .toUpperCase(),
);
