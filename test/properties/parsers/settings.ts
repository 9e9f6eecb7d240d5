import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import {
  environmentSchema,
  loopbackEndpointsOf,
  providerBaseUrls,
  SettingError,
} from "../../../lib/environment.ts";
import { commands } from "../../../lib/ops/run-command.ts";
import { alipayCredentials } from "../../../lib/providers/alipay/credentials.ts";
import { credentialsOf } from "../../../lib/providers/credentials.ts";
import { paypalCredentials } from "../../../lib/providers/paypal/credentials.ts";
import { stripeCredentials } from "../../../lib/providers/stripe/credentials.ts";
import { wechatCredentials } from "../../../lib/providers/wechat/credentials.ts";
import { rawCredentials as alipay } from "../../unit/providers/alipay/keys.ts";
import { createdAt } from "../../unit/providers/payments.ts";
import { rawCredentials as wechat } from "../../unit/providers/wechat/merchant.ts";
import { jsonLike, textLike } from "./hostile.ts";
import { demand, type Parser, parser } from "./parser.ts";

const variables = {
  ...{
    STAGE: "local",
    PUBLIC_URL: "https://pay.example",
    DB_HOST: "db",
    DB_PORT: "3306",
    DB_NAME: "gateway",
  },
  ...{ DB_SECRET_ARN: "arn", DB_TLS: "on", REDIS_HOST: "redis", REDIS_PORT: "6379", REDIS_TLS: "on" },
  ...{
    NOTIFY_QUEUE_URL: "https://sqs.example/1/n",
    POLL_QUEUE_URL: "https://sqs.example/1/r",
    KMS_KEY_ID: "k",
  },
  PROVIDER_BASE_URLS: '{"alipay":"http://127.0.0.1:1"}',
  LOOPBACK_ENDPOINTS: "127.0.0.1:1,localhost:2",
};
const isSetting = (error: unknown) => error instanceof SettingError;
const stage = fc.constantFrom("local", "dev", "prod");

const schemas = {
  alipay: alipayCredentials,
  wechat: wechatCredentials,
  stripe: stripeCredentials,
  paypal: paypalCredentials,
};
const provided = {
  alipay: { ...alipay, seller_id: "2088102169481075" },
  wechat,
  stripe: { secret_key: "sk_test_abc", webhook_secret: ["whsec_abc"] },
  paypal: {
    client_id: "AclientId",
    secret: "EcanarySecret",
    mode: "live",
    webhook_id: "8PT",
    merchant_id: "MERCHANT00001",
  },
};
const tooShort = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
const pasted = [
  alipay.private_key,
  alipay.private_key.replaceAll("\n", "\\n"),
  tooShort.export({ type: "pkcs1", format: "pem" }).toString(),
];
const commandNames = Object.keys(commands);
const texts = [
  "shop",
  "7",
  "alipay",
  "yes",
  "{}",
  "2026-01-01T00:00:00Z",
  "UNI1",
  "create,query",
  "100",
  "none",
];

const encryptedConfig = {
  ...{ id: "1", userId: "1", provider: "stripe", name: "default", version: 1, account: null },
  ...{ livemode: null, state: "active" as const, updatedAt: createdAt },
  data: '{"encrypted":1}',
  createdAt,
};

/** Parsers of settings from operators and the platform. */
export const settingParsers: Parser[] = [
  parser({
    name: "environment",
    input: jsonLike(variables),
    parse: (value) => environmentSchema.safeParse(value).data,
    holds: (read) =>
      demand(read === undefined || Number.isInteger(read.DB_PORT), "DB_PORT is not an integer"),
  }),
  parser({
    name: "PROVIDER_BASE_URLS",
    input: fc.tuple(
      stage,
      textLike(variables.PROVIDER_BASE_URLS, '{"a":"http://[::1]:2","b":"http://localhost"}'),
    ),
    parse: ([STAGE, PROVIDER_BASE_URLS]) => providerBaseUrls({ STAGE, PROVIDER_BASE_URLS }),
    holds: (urls, [STAGE]) => {
      const local = ["127.0.0.1", "localhost", "[::1]"];
      const hosts = Object.values(urls).map((url) => new URL(url).hostname);
      demand(
        STAGE === "local" && hosts.every((host) => local.includes(host)),
        "a base URL that is not loopback, or outside the local stage",
      );
    },
    refuses: isSetting,
  }),
  parser({
    name: "LOOPBACK_ENDPOINTS",
    input: fc.tuple(stage, textLike(variables.LOOPBACK_ENDPOINTS)),
    parse: ([STAGE, LOOPBACK_ENDPOINTS]) => loopbackEndpointsOf({ STAGE, LOOPBACK_ENDPOINTS }),
    holds: (endpoints, [STAGE]) =>
      demand(endpoints.size === 0 || STAGE === "local", "loopback endpoints outside the local stage"),
    refuses: isSetting,
    hardest: [
      ["local", ",".repeat(100_000)],
      ["local", "1".repeat(100_000)],
      ["local", `:${"1".repeat(100_000)}x`],
    ],
  }),
  parser({
    name: "arguments of an operator command",
    input: fc.tuple(
      fc.constantFrom(...commandNames),
      fc.array(textLike(...texts), { maxLength: 8 }),
      fc.boolean(),
    ),
    parse([name, values, malformed]) {
      const { args } = commands[name]!;
      const names = [...Object.keys(args.shape), ...(malformed ? ["__proto__", "stage"] : [])];
      return args.safeParse(
        Object.fromEntries(values.map((value, at) => [names[at % names.length] ?? "x", value])),
      );
    },
  }),
  ...Object.entries(schemas).map(([provider, schema]) =>
    parser({
      name: `credentials of ${provider}`,
      input: jsonLike(provided[provider as keyof typeof provided]),
      parse: (value) => schema.safeParse(value),
      holds: ({ error }) =>
        demand(
          !JSON.stringify(error?.issues ?? "").includes("PRIVATE KEY"),
          "an error message holds a private key",
        ),
    }),
  ),
  parser({
    name: "pasted keys",
    input: fc.tuple(textLike(...pasted), fc.boolean()),
    parse: ([key, ofWechat]) =>
      ofWechat
        ? wechatCredentials.safeParse({ ...wechat, private_key: key })
        : alipayCredentials.safeParse({ ...alipay, private_key: key }),
    hardest: [
      ["A".repeat(1_000_000), false],
      ["-----BEGIN ".repeat(100_000), true],
      ["-----BEGIN A".repeat(90_000), false],
    ],
  }),
  parser({
    name: "config_data",
    input: textLike(JSON.stringify(provided.stripe), '{"seal":1}', "[]", "null"),
    parse: (opened) => credentialsOf(encryptedConfig, { open: async () => opened }),
  }),
];
