import { isIP } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { printableAnswer } from "../../../lib/deliveries/printable-answer.ts";
import { isPublicUnicast } from "../../../lib/deliveries/public-address.ts";
import { whyUnsendable } from "../../../lib/deliveries/send-notification.ts";
import { apiCallLine } from "../../../lib/http/api-call-line.ts";
import { handedOver } from "../../../lib/http/log-consumer.ts";
import { masked } from "../../../lib/http/masked.ts";
import { redactAnswer, redactPath, redactRequest } from "../../../lib/http/redact.ts";
import { isLoopback } from "../../../lib/loopback.ts";
import { hideEchoes } from "../../../lib/outbound/hide-echoes.ts";
import { cut, sizeOf, type TextUnit } from "../../../lib/providers/text-limit.ts";
import { deliveryMessage, pollMessage, wakeUpOf } from "../../../lib/queue/gateway-wake-ups.ts";
import { anyText, bytesLike, hardJson, jsonBytesLike, jsonLike, textLike } from "./hostile.ts";
import { demand, type Parser, parser } from "./parser.ts";

const line = {
  message: "merchant call",
  ...{
    request_id: "r-1",
    merchant: "7",
    key_id: "m7k00000000",
    at: "2026-01-02T03:04:05.678Z",
    method: "POST",
  },
  ...{
    path: "/api/v1/payment/create",
    http_status: 200,
    duration_ms: 12,
    source: "203.0.113.7",
    user_agent: "x",
  },
  ...{ request: '{"amount":"1"}', answer: '{"code":0}', order_no: "UNI1" },
};
const handed = {
  messageType: "DATA_MESSAGE",
  logEvents: [{ id: "1", timestamp: 1, message: JSON.stringify(line) }],
};
const answer = {
  code: 0,
  message: "success",
  data: { order_no: "UNI1", payment_url: "https://x.example/?a=1" },
};
const path = "/api/v1/payment/query/UNI20251123120000ABCDEFGHJKMNPQR";
const secrets = [
  "ak_m7k00000000_0123456789abcdefghjkmnpqrstvwxyz0000000",
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  "sk_live_4242424242424242",
  "card 4242 4242 4242 4242",
  "mail buyer@shop.example",
];
const delivery = {
  url: "https://shop.example/told?token=abcdefgh12345678",
  headers: { "webhook-signature": "v1,MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
  payload: JSON.stringify({ order_no: "UNI1", amount: 10 }),
};
const echoed = `${delivery.payload} ${delivery.headers["webhook-signature"]} ${delivery.url}`;
const isJson = (error: unknown) => error instanceof SyntaxError;
const isZlib = (error: unknown) =>
  error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
const longest = 65_536;

const units: readonly TextUnit[] = ["bytes", "utf16", "characters", "gbk"];

/** Parsers of messages between the gateway's functions, and functions that redact or shorten texts of others. */
export const messageParsers: Parser[] = [
  parser({
    name: "message of the notify queue",
    input: jsonBytesLike({ task: "7", merchant: "1", generation: 1, attempt: 2, insist: 1 }),
    parse: (body) => deliveryMessage.safeParse(JSON.parse(body.toString())).data,
    holds: (message) => {
      if (!message) return;
      const { taskId, userId, generation, attempt } = wakeUpOf(message);
      demand(isId(taskId) && isId(userId), "an invalid row id");
      demand(isCount(generation) && isCount(attempt), "a number that does not fit its column");
    },
    refuses: isJson,
    hardest: hardJson(1_048_576).map((text) => Buffer.from(text)),
  }),
  parser({
    name: "message of the poll queue",
    input: jsonBytesLike(
      { order_no: "UNI1", merchant: "1", due: 1_763_899_200_000 },
      { refund: "7", merchant: "1", due: 0 },
    ),
    parse: (body) => pollMessage.safeParse(JSON.parse(body.toString())).data,
    holds: (message) => {
      if (!message) return;
      demand(
        isId(message.merchant) && !Number.isNaN(new Date(message.due).getTime()),
        "an invalid merchant or time",
      );
      if ("refund" in message) demand(isId(message.refund), "an invalid row id");
    },
    refuses: isJson,
  }),
  parser({
    name: "API call record",
    input: jsonLike(line),
    parse: (value) => apiCallLine.safeParse(value).data,
    holds: (call) =>
      demand(call === undefined || (call.path.length <= 500 && call.answer.length <= 4096), "too long"),
  }),
  parser({
    name: "payload of a log subscription",
    input: fc.oneof(
      jsonBytesLike(handed).map((body) => gzipSync(body, { level: 1 })),
      bytesLike(gzipSync(JSON.stringify(handed)).toString("latin1")),
    ),
    parse: (packed) => handedOver.safeParse(JSON.parse(gunzipSync(packed).toString("utf8"))).data,
    refuses: (error) => isJson(error) || isZlib(error),
  }),
  parser({
    name: "redacted request",
    input: fc.tuple(
      jsonBytesLike({ subject: "Tea", amount: 1, metadata: { a: "b" }, notify_url: "https://a@b/c?d" }),
      fc.boolean(),
    ),
    parse: ([body, isBase64Encoded]) => redactRequest({ body: body.toString(), isBase64Encoded }),
    holds: (stored) =>
      demand(
        JSON.parse(stored) !== undefined && Buffer.byteLength(stored) <= 4096,
        "not JSON, or longer than 4 KiB",
      ),
    hardest: hardJson(longest).map((text): [Buffer, boolean] => [Buffer.from(text), false]),
  }),
  parser({
    name: "redacted response",
    input: jsonBytesLike(answer, { code: 1001, errors: [{ field: "a", message: "b" }] }),
    parse: (body) => redactAnswer(body.toString()),
    holds: (stored) =>
      demand(
        JSON.parse(stored) !== undefined && Buffer.byteLength(stored) <= 4096,
        "not JSON, or longer than 4 KiB",
      ),
    hardest: hardJson(longest).map((text) => Buffer.from(text)),
  }),
  parser({
    name: "redacted path",
    input: textLike(path, `${path}/%00/a b`),
    parse: redactPath,
    holds: (stored) => demand(stored.length <= 600, "too long"),
    hardest: ["/".repeat(longest), "a/".repeat(longest), "a".repeat(longest)],
  }),
  parser({
    name: "masked message",
    input: fc.tuple(anyText, fc.constantFrom(...secrets), anyText),
    parse: ([before, secret, after]) => masked(`${before} ${secret} ${after}`),
    holds: (stored, [, secret]) =>
      demand(!stored.includes(secret.replace(/^(card|mail) /, "")), "a secret is not masked"),
    hardest: ["@", "a@", "eyJ.", "-----BEGIN", "4242 ", "https://?", "metadata.", ": "].map(
      (text): [string, string, string] => [text.repeat(longest), secrets[0]!, ""],
    ),
  }),
  parser({
    name: "response of a merchant",
    input: bytesLike(echoed, encodeURIComponent(echoed), JSON.stringify(echoed)),
    parse: (body) => printableAnswer(body, delivery),
    holds: (shown) => {
      demand(
        Buffer.byteLength(shown) <= 4096 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(shown),
        "not one printable line",
      );
      demand(!shown.includes("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "the webhook signature is not redacted");
    },
    hardest: ["\\u0041", "%41", "&amp;", "v1,", "ak_", "whsec_", "\\", "%"].map((text) =>
      Buffer.from(text.repeat(longest / text.length)),
    ),
  }),
  parser({
    name: "echoes of sent texts",
    input: fc.tuple(
      textLike(echoed),
      fc.array(textLike(delivery.payload, "abcdefgh12345678"), { maxLength: 3 }),
    ),
    parse: ([text, sent]) => hideEchoes(text, sent),
    holds: (shown, [text, sent]) => {
      demand(shown.length <= text.length * 10 + 10, "the text has grown too long");
      for (const one of sent)
        if (/^[0-9a-z]{8,}$/i.test(one)) demand(!shown.includes(one), "an echo is not redacted");
    },
    hardest: [["a".repeat(longest), ["aaaaaaaa", "aaaaaaab"]]],
  }),
  parser({
    name: "notify URL",
    input: textLike(
      "https://shop.example:8443/told?a=1",
      "http://127.0.0.1:8090/inbox",
      "https://[::ffff:10.0.0.1]/",
      "https://2130706433/",
    ),
    parse: (text) => whyUnsendable(text, new Set(["127.0.0.1:8090"])),
    holds: (why, text) => {
      if (why !== null) return;
      const { protocol, host, hostname, username, password } = new URL(text);
      demand(username + password === "" && text.length <= 2048, "a URL with a user name, or too long");
      const address = hostname.replace(/^\[|\]$/g, "");
      const isPublic = isIP(address) === 0 || !/^(0|10|127|169\.254|192\.168)\.|^::|^f/.test(address);
      demand(
        host === "127.0.0.1:8090" || (protocol === "https:" && isPublic),
        "a URL that leads to a private address",
      );
    },
    hardest: [`https://${"a.".repeat(1000)}`, "https://".repeat(longest)],
  }),
  parser({
    name: "IP address",
    input: fc.oneof(
      textLike("93.184.216.34", "::ffff:127.0.0.1", "2606:2800:220:1:248:1893:25c8:1946"),
      fc.ipV4(),
      fc.ipV6(),
    ),
    parse: (address) => [isPublicUnicast(address), isLoopback(address)],
    holds: ([isPublic, isOwn]) => demand(!(isPublic && isOwn), "an address that is both public and loopback"),
    hardest: ["1.".repeat(longest), ":".repeat(longest)],
  }),
  parser({
    name: "subject shortened for a provider",
    input: fc.tuple(textLike("Green tea 中🍵🍵🍵🍵"), fc.integer({ min: 3, max: 12 })),
    parse: ([text, most]) => units.map((unit) => cut(text, { most, unit, source: "" })),
    holds: (texts, [, most]) => {
      for (const [index, text] of texts.entries())
        demand(
          sizeOf(text, units[index]!) <= most && text.isWellFormed(),
          "a text that is too long or ends in half a character",
        );
    },
  }),
];

/** A row's id: BIGINT UNSIGNED. */
function isId(text: string): boolean {
  return /^[1-9]\d{0,19}$/.test(text);
}

/** A number: INT UNSIGNED. */
function isCount(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number < 2 ** 32;
}
