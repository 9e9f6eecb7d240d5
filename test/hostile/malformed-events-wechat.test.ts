import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { encrypt } from "../../scripts/sandbox/wechat/resource.ts";
import { malformedEvents, withMember } from "../steps/malformed-events.ts";
import type { SignedCall } from "../steps/signed-webhooks.ts";

const scene = malformedEvents("wechat");
const long = (length: number) => "x".repeat(length);

const account = () => scene().shop.accounts.wechat!;
const transaction = (orderNo = scene().orderNo) => ({
  appid: account().app_id,
  mchid: account().mch_id,
  out_trade_no: orderNo,
  transaction_id: `42000${randomUUID().slice(0, 20)}`,
  trade_state: "SUCCESS",
  success_time: "2026-01-02T03:04:05+08:00",
  amount: { total: 1234, currency: "CNY" },
});
const refund = () => ({
  mchid: account().mch_id,
  out_trade_no: scene().orderNo,
  transaction_id: "4200000",
  out_refund_no: "R20251123120000ABCDEFGHJKMNPQRST",
  refund_id: "50300000012025",
  refund_status: "SUCCESS",
  amount: { refund: 100, total: 1234 },
});

function notice(plain: string, type = "TRANSACTION.SUCCESS", aad = "transaction") {
  const resource = { original_type: "transaction", ...encrypt(account().api_v3_key!, plain, aad) };
  return {
    id: `EV-${randomUUID()}`,
    event_type: type,
    resource_type: "encrypt-resource",
    summary: "",
    resource,
  };
}
const signs = (notified: unknown) => scene().signer.signs(JSON.stringify(notified));
const encrypted = (content: unknown, type?: string) => signs(notice(JSON.stringify(content), type));

describe("signed WeChat Pay notifications", () => {
  const envelopes: [string, string, unknown, number][] = [
    ["no id", "id", undefined, 400],
    ["an empty id", "id", "", 400],
    ["an id of another type", "id", 7, 400],
    ["too long an id", "id", long(65), 400],
    ["no type", "event_type", undefined, 400],
    ["an empty type", "event_type", "", 400],
    ["a type in a list", "event_type", ["TRANSACTION.SUCCESS"], 400],
    ["too long a type", "event_type", long(65), 400],
    ["an unknown type", "event_type", "COUPON.USE", 204],
    ["a type in lower case", "event_type", "transaction.success", 204],
    ["a type that its transaction contradicts", "event_type", "TRANSACTION.PAYFAIL", 204],
    ["the type of a refund", "event_type", "REFUND.SUCCESS", 204],
    ["no resource", "resource", undefined, 400],
    ["null as resource", "resource", null, 400],
    ["a resource in a list", "resource", [], 400],
    ["text as resource", "resource", "{}", 400],
    ["no algorithm", "resource.algorithm", undefined, 400],
    ["another algorithm", "resource.algorithm", "AEAD_SM4_GCM", 400],
    ["an algorithm in lower case", "resource.algorithm", "aead_aes_256_gcm", 400],
    ["no nonce", "resource.nonce", undefined, 400],
    ["an empty nonce", "resource.nonce", "", 400],
    ["another nonce", "resource.nonce", "abcdefghijkl", 401],
    ["a short nonce", "resource.nonce", "a", 401],
    ["an emoji as nonce", "resource.nonce", "🍵", 401],
    ["too long a nonce", "resource.nonce", long(33), 400],
    ["a nonce of another type", "resource.nonce", 7, 400],
    ["other associated data", "resource.associated_data", "refund", 401],
    ["no associated data", "resource.associated_data", undefined, 401],
    ["null as associated data", "resource.associated_data", null, 401],
    ["associated data of another type", "resource.associated_data", 7, 400],
    ["too long associated data", "resource.associated_data", long(129), 400],
    ["no ciphertext", "resource.ciphertext", undefined, 400],
    ["an empty ciphertext", "resource.ciphertext", "", 401],
    ["a ciphertext shorter than its tag", "resource.ciphertext", "AAAA", 401],
    ["a ciphertext that is not base64", "resource.ciphertext", "%%%%", 401],
    ["a ciphertext of another type", "resource.ciphertext", {}, 400],
    ["a ciphertext of 1.1 MB", "resource.ciphertext", "A".repeat(1_100_000), 400],
  ];
  it.each(envelopes)(
    "a signed WeChat Pay notification with %s settles nothing",
    async (_what, path, member, status) => {
      const notified = withMember(notice(JSON.stringify(transaction())), path, member);
      await scene().harmless(signs(notified), status);
    },
  );

  const members: [string, string, unknown][] = [
    ["no order number", "out_trade_no", undefined],
    ["an empty order number", "out_trade_no", ""],
    ["an order number of another type", "out_trade_no", 7],
    ["too long an order number", "out_trade_no", long(65)],
    ["an unknown order number", "out_trade_no", "UNI1"],
    ["an emoji as order number", "out_trade_no", "🍵\u0000\ud800"],
    ["no state", "trade_state", undefined],
    ["an unknown state", "trade_state", "TELEPORTED"],
    ["a state in lower case", "trade_state", "success"],
    ["a state of another type", "trade_state", true],
    ["an unpaid state", "trade_state", "NOTPAY"],
    ["no amount", "amount", undefined],
    ["null as amount", "amount", null],
    ["an amount that is a number", "amount", 1234],
    ["no total", "amount.total", undefined],
    ["a total with a fraction", "amount.total", 1234.5],
    ["a total as text", "amount.total", "1234"],
    ["a negative total", "amount.total", -1234],
    ["a total of zero", "amount.total", 0],
    ["a total beyond safe integers", "amount.total", 2 ** 53],
    ["a huge total", "amount.total", 1e300],
    ["another total", "amount.total", 1233],
    ["no currency", "amount.currency", undefined],
    ["another currency", "amount.currency", "USD"],
    ["a currency without decimals", "amount.currency", "JPY"],
    ["an unknown currency", "amount.currency", "XYZ"],
    ["a currency in lower case", "amount.currency", "cny"],
    ["a currency of another type", "amount.currency", 156],
    ["no transaction number", "transaction_id", undefined],
    ["an empty transaction number", "transaction_id", ""],
    ["too long a transaction number", "transaction_id", long(129)],
    ["a transaction number of another type", "transaction_id", {}],
    ["another merchant", "mchid", "1900000999"],
    ["no merchant", "mchid", undefined],
    ["another application", "appid", "wx0000000000000000"],
    ["an application of another type", "appid", null],
    ["a time that cannot be parsed", "success_time", "yesterday"],
    ["a time in the year 0", "success_time", "0000-01-01T00:00:00+08:00"],
    ["a time after the last date", "success_time", "9999-12-31T23:59:59-12:00"],
    ["a time of another type", "success_time", 1_763_899_200],
  ];
  it.each(members)(
    "a WeChat Pay notification of a transaction with %s settles nothing",
    async (_what, path, member) => {
      await scene().harmless(encrypted(withMember(transaction(), path, member)), 204);
    },
  );

  const refunds: [string, string, unknown][] = [
    ["without a status", "refund_status", undefined],
    ["of another merchant", "mchid", "1900000999"],
    ["of an unknown order", "out_trade_no", "UNI1"],
    ["that is closed", "refund_status", "CLOSED"],
    ["of a fractional amount", "amount.refund", 1.5],
    ["of a negative amount", "amount.refund", -1],
    ["with text as amount", "amount.refund", "100"],
    ["without an amount", "amount", undefined],
    ["in an unknown state", "refund_status", "TELEPORTED"],
    ["without an id", "refund_id", ""],
    ["with too long an id", "refund_id", long(65)],
  ];
  it.each(refunds)(
    "a WeChat Pay notification of a refund %s changes nothing",
    async (_what, path, member) => {
      await scene().harmless(encrypted(withMember(refund(), path, member), "REFUND.SUCCESS"), 204);
    },
  );

  it("a WeChat Pay refund notification of an unpaid order is not acknowledged, so that it is sent again", async () => {
    await scene().harmless(encrypted(refund(), "REFUND.SUCCESS"), 503);
  });

  const plains: [string, string][] = [
    ["an empty text", ""],
    ["XML", "<xml><return_code>SUCCESS</return_code></xml>"],
    ["null", "null"],
    ["a list", "[]"],
    ["a string", '"SUCCESS"'],
    ["broken JSON", '{"trade_state":"SUCCESS"'],
    ["100,000 levels of nesting", "[".repeat(100_000)],
    ["a __proto__ member", '{"__proto__":{"trade_state":"SUCCESS"}}'],
  ];
  it.each(plains)(
    "a WeChat Pay notification whose decrypted resource is %s settles nothing",
    async (_what, plain) => {
      await scene().harmless(signs(notice(plain)), 204);
    },
  );

  const bodies: [string, string, number][] = [
    ["empty", "", 400],
    ["null", "null", 400],
    ["a list", "[]", 400],
    ["XML", "<xml></xml>", 400],
    ["broken JSON", "{", 400],
    ["only a __proto__ member", '{"__proto__":{"id":"1"}}', 400],
    ["5 MB of spaces", " ".repeat(5_000_000), 400],
  ];
  it.each(bodies)(
    "a signed WeChat Pay notification whose body is %s is malformed",
    async (_what, body, status) => {
      await scene().harmless(scene().signer.signs(body), status);
    },
  );
});

describe("headers of WeChat Pay notifications", () => {
  const seconds = (offset: number) => String(Math.floor(scene().world.clock.now().getTime() / 1000) + offset);
  const headers: [string, string, (value: string) => string | undefined][] = [
    ["no time", "timestamp", () => undefined],
    ["a time with half a second", "timestamp", (value) => `${value}.5`],
    ["a negative time", "timestamp", (value) => `-${value}`],
    ["a time in milliseconds", "timestamp", (value) => `${value}000`],
    ["a time too long ago", "timestamp", () => seconds(-301)],
    ["a time in the future", "timestamp", () => seconds(302)],
    ["a time of 300 digits", "timestamp", () => "9".repeat(300)],
    ["the time twice", "timestamp", (value) => `${value},${value}`],
    ["no nonce", "nonce", () => undefined],
    ["another nonce", "nonce", (value) => `${value}0`],
    ["a nonce with a space", "nonce", (value) => `${value} x`],
    ["a nonce of 5,000 characters", "nonce", () => long(5_000)],
    ["no serial number", "serial", () => undefined],
    ["an unknown serial number", "serial", () => "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"],
    ["the serial number of another key", "serial", () => "PUB_KEY_ID_0000000000000000000000000000"],
    ["a path as serial number", "serial", () => "../../v3/certificates"],
    ["__proto__ as serial number", "serial", () => "__proto__"],
    ["another signature type", "signature-type", () => "WECHATPAY2-SM2-WITH-SM3"],
    ["the signature type twice", "signature-type", (value) => `${value},${value}`],
    ["the signature twice", "signature", (value) => `${value},${value}`],
    ["a signature in quotes", "signature", (value) => `"${value}"`],
    [
      "a base64url signature",
      "signature",
      (value) => `${value.replaceAll("+", "-").replaceAll("/", "_").slice(4)}`,
    ],
    ["a signature probe", "signature", (value) => `WECHATPAY/SIGNTEST/${value}`],
    ["a signature of 6,000 characters", "signature", () => "A".repeat(6_000)],
  ];
  it.each(headers)(
    "a WeChat Pay notification whose headers have %s is refused",
    async (_what, name, change) => {
      const call = encrypted(transaction()) as SignedCall;
      const { [`wechatpay-${name}`]: value = "", ...others } = call.headers;
      const changed = change(value);
      const provided = changed === undefined ? others : { ...others, [`wechatpay-${name}`]: changed };
      await scene().harmless({ body: call.body, headers: provided }, 401);
    },
  );

  it("an unaltered WeChat Pay notification settles the order that it names", async () => {
    const orderNo = await scene().newOrder();
    expect((await scene().post(encrypted(transaction(orderNo)))).status).toBe(204);
    expect(await scene().rows.order(orderNo)).toMatchObject({ status: "success" });
  });
});
