import fc from "fast-check";
import {
  environmentSchema,
  loopbackEndpointsOf,
  providerBaseUrls,
  SettingError,
} from "../../../lib/environment.ts";
import { commands } from "../../../lib/ops/run-command.ts";
import { providerNames } from "../../kits/kits.ts";
import { jsonLike, textLike } from "./hostile.ts";
import { demand, type Parser, parser } from "./parser.ts";

const provider = providerNames[0]!;

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
  PROVIDER_BASE_URLS: `{"${provider}":"http://127.0.0.1:1"}`,
  LOOPBACK_ENDPOINTS: "127.0.0.1:1,localhost:2",
};
const isSetting = (error: unknown) => error instanceof SettingError;
const stage = fc.constantFrom("local", "dev", "prod");

const commandNames = Object.keys(commands);
const texts = [
  "shop",
  "7",
  provider,
  "yes",
  "{}",
  "2026-01-01T00:00:00Z",
  "UNI1",
  "create,query",
  "100",
  "none",
];

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
      const local = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/;
      const hosts = Object.values(urls).map((url) => new URL(url).hostname);
      demand(
        STAGE === "local" && hosts.every((host) => local.test(host)),
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
];
