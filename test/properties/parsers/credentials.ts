import { generateKeyPairSync } from "node:crypto";
import type { ZodType } from "zod";
import { credentialsOf } from "../../../lib/providers/credentials.ts";
import { createdAt } from "../../unit/providers/payments.ts";
import { jsonLike, textLike } from "./hostile.ts";
import { demand, type Parser, parser } from "./parser.ts";

/** Parsers of a provider's `config_data`: its schema, and a stored config. */
export function credentialParsers(provider: string, schema: ZodType, valid: object): Parser[] {
  const stored = {
    ...{ id: "1", userId: "1", provider, name: "default", version: 1, account: null },
    ...{ livemode: null, state: "active" as const, updatedAt: createdAt, createdAt },
    data: '{"encrypted":1}',
  };
  return [
    parser({
      name: `credentials of ${provider}`,
      input: jsonLike(valid),
      parse: (value) => schema.safeParse(value),
      holds: ({ error }) =>
        demand(
          !JSON.stringify(error?.issues ?? "").includes("PRIVATE KEY"),
          "an error message holds a private key",
        ),
    }),
    parser({
      name: `config_data of ${provider}`,
      input: textLike(JSON.stringify(valid), '{"seal":1}', "[]", "null"),
      parse: (opened) => credentialsOf(stored, { open: async () => opened }),
    }),
  ];
}

/** Private keys in the forms in which an operator may paste them, one that is too short, and texts that take long. */
export function pastedKeyParser(
  provider: string,
  schema: ZodType,
  valid: object & { private_key: string },
): Parser {
  const tooShort = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  return parser({
    name: `pasted keys of ${provider}`,
    input: textLike(
      valid.private_key,
      valid.private_key.replaceAll("\n", "\\n"),
      tooShort.export({ type: "pkcs1", format: "pem" }).toString(),
    ),
    parse: (key) => schema.safeParse({ ...valid, private_key: key }),
    hardest: ["A".repeat(1_000_000), "-----BEGIN ".repeat(100_000), "-----BEGIN A".repeat(90_000)],
  });
}
