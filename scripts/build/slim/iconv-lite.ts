import { StringDecoder } from "node:string_decoder";

/**
 * Stands in for `iconv-lite` inside mysql2, which asks it only for character sets that Buffer does not know: 482 kB
 * less. Our connections speak utf8mb4, so the server converts; `cesu8` is mysql2's name for MySQL's three-byte UTF-8.
 */
export function getDecoder(encoding: string): StringDecoder {
  if (encoding === "cesu8") return new StringDecoder("utf8");
  throw new Error(`character set ${encoding} is not bundled: connect with utf8mb4`);
}

/** The way back, for the same character sets. */
export function getEncoder(encoding: string): { write(text: string): Buffer; end(): undefined } {
  if (encoding === "cesu8") return { write: (text) => Buffer.from(text, "utf8"), end: () => undefined };
  throw new Error(`character set ${encoding} is not bundled: connect with utf8mb4`);
}
