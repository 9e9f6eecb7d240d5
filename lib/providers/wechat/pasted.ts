import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import * as z from "zod";
import { rsaKey } from "../rsa-key.ts";

/** What editors, consoles and chat programs put around and into a value: blanks, line ends, a byte order mark. */
const edges = /^[\s\uFEFF\u200B]+|[\s\uFEFF\u200B]+$/g;

/** A pasted value without what surrounds it. */
export const trimmed = z.string().transform((text) => text.replace(edges, ""));

const block = /-----BEGIN ([A-Z ]+)-----([^-]*)-----END \1-----/;

type Kind = "private" | "public";

const labels = { private: /^(RSA )?PRIVATE KEY$/, public: /^(RSA )?PUBLIC KEY$/ };
const files = { private: "apiclient_key.pem", public: "pub_key.pem" };

/**
 * A key of WeChat Pay's PEM files as people paste it: with the two characters `\n` in place of line ends, with CRLF, on one
 * line, indented, with other text before it, with a byte order mark. What is another thing than a key is named.
 */
export function pastedKey(kind: Kind) {
  return z
    .string()
    .transform((text, context) => {
      const message = otherThing(text, kind);
      if (message === undefined) return text;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .pipe(rsaKey(kind === "private", readKey, ", in PEM (-----BEGIN …)"));
}

function readKey(text: string, isPrivate: boolean): KeyObject | undefined {
  const [, label = "", content = ""] = block.exec(asLines(text)) ?? [];
  // Node would also take the public half of a private key or of a certificate.
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

/** What was pasted in place of the key, and what to paste instead; undefined: a key of this kind, or nothing known. */
function otherThing(text: string, kind: Kind): string | undefined {
  const label = /-----BEGIN ([A-Z ]+)-----/.exec(text)?.[1];
  const instead = `paste the whole of ${files[kind]}`;
  if (label === undefined) {
    const bare = /^[0-9A-Za-z+/=\s]{100,}$/.test(asLines(text));
    return bare ? `has no -----BEGIN … line: ${instead}, its first and last line included` : undefined;
  }
  if (label.endsWith("CERTIFICATE")) return `is a certificate: ${instead}`;
  if (label === "ENCRYPTED PRIVATE KEY") return "is a key with a password: store it without one";
  if (labels[kind === "private" ? "public" : "private"].test(label))
    return kind === "private"
      ? `is a public key: ${instead}`
      : `is a private key: ${instead}, WeChat Pay's public key`;
  return undefined;
}

/**
 * A certificate's serial number as OpenSSL, browsers and WeChat Pay's console show it: `5157F09E…`, in small letters, with
 * colons or blanks, after `serial=` or `0x`.
 */
export const pastedSerial = trimmed.transform((text) =>
  text
    .replace(/^(serial\s*=\s*|0x)/i, "")
    .replace(/[:\s]/g, "")
    .toUpperCase(),
);
