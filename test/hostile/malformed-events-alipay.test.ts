import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { malformedEvents } from "../steps/malformed-events.ts";

const scene = malformedEvents("alipay");
const long = (length: number) => "x".repeat(length);

type Fields = Record<string, string>;
const notice = (orderNo = scene().orderNo): Fields => ({
  notify_id: randomUUID(),
  notify_type: "trade_status_sync",
  charset: "utf-8",
  version: "1.0",
  sign_type: "RSA2",
  app_id: scene().shop.accounts.alipay!.app_id!,
  seller_id: scene().shop.accounts.alipay!.seller_id!,
  out_trade_no: orderNo,
  trade_no: `2026${randomUUID().replaceAll("-", "").slice(0, 24)}`,
  trade_status: "TRADE_SUCCESS",
  total_amount: "12.34",
  gmt_payment: "2026-01-02 03:04:05",
});
const signs = (fields: Fields) => scene().signer.signs(new URLSearchParams(fields).toString());

/** Drops the fields that are undefined. */
function provided(fields: Record<string, string | undefined>): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

describe("signed Alipay notifications", () => {
  const fields: [string, Record<string, string | undefined>, number][] = [
    ["no id", { notify_id: undefined }, 400],
    ["an empty id", { notify_id: "" }, 400],
    ["too long an id", { notify_id: long(129) }, 400],
    ["no type", { notify_type: undefined }, 400],
    ["an unknown type", { notify_type: "teleported" }, 200],
    ["too long a type", { notify_type: long(129) }, 400],
    ["a type in upper case", { notify_type: "TRADE_STATUS_SYNC" }, 200],
    ["another application", { app_id: "2021000000000000" }, 200],
    ["an empty application", { app_id: "" }, 200],
    ["no application", { app_id: undefined }, 200],
    ["another seller", { seller_id: "2088000000000000" }, 200],
    ["an empty seller", { seller_id: "" }, 200],
    ["no order number", { out_trade_no: undefined }, 200],
    ["an empty order number", { out_trade_no: "" }, 200],
    ["too long an order number", { out_trade_no: long(65) }, 200],
    ["an unknown order number", { out_trade_no: "UNI1" }, 200],
    ["an emoji as order number", { out_trade_no: "🍵\u0000" }, 200],
    ["SQL as order number", { out_trade_no: "' OR 1=1 -- " }, 200],
    ["no transaction number", { trade_no: undefined }, 200],
    ["an empty transaction number", { trade_no: "" }, 200],
    ["too long a transaction number", { trade_no: long(65) }, 200],
    ["no status", { trade_status: undefined }, 200],
    ["an unknown status", { trade_status: "TRADE_TELEPORTED" }, 200],
    ["a status in lower case", { trade_status: "trade_success" }, 200],
    ["too long a status", { trade_status: long(129) }, 200],
    ["__proto__ as status", { trade_status: "__proto__" }, 200],
    ["no amount", { total_amount: undefined }, 200],
    ["an empty amount", { total_amount: "" }, 200],
    ["another amount", { total_amount: "12.33" }, 200],
    ["an amount of zero", { total_amount: "0.00" }, 200],
    ["a negative amount", { total_amount: "-12.34" }, 200],
    ["an amount with a plus sign", { total_amount: "+12.34" }, 200],
    ["an amount with three decimals", { total_amount: "12.341" }, 200],
    ["an amount with an exponent", { total_amount: "1234e-2" }, 200],
    ["an amount with a comma", { total_amount: "12,34" }, 200],
    ["an amount in hexadecimal", { total_amount: "0xC" }, 200],
    ["an amount in full-width digits", { total_amount: "１２.３４" }, 200],
    ["an amount with a space", { total_amount: " 12.34" }, 200],
    ["an amount with a line end", { total_amount: "12.34\n" }, 200],
    ["a huge amount", { total_amount: "99999999999.99" }, 200],
    ["an amount beyond safe integers", { total_amount: "9".repeat(40) }, 200],
    ["NaN as amount", { total_amount: "NaN" }, 200],
    ["a time that cannot be parsed", { gmt_payment: "yesterday" }, 200],
    ["a time on a day that does not exist", { gmt_payment: "2026-02-30 25:61:61" }, 200],
    ["a time in the year 0", { gmt_payment: "0000-01-01 00:00:00" }, 200],
    ["a time in another format", { gmt_payment: "2026-01-02T03:04:05Z" }, 200],
    ["a negative refund", { refund_fee: "-1.00" }, 200],
    ["a refund that is not a number", { refund_fee: "all" }, 200],
    ["a refund of an unpaid order", { refund_fee: "1.00", gmt_payment: "" }, 200],
    ["a refund number alone", { out_biz_no: "R1", gmt_payment: "" }, 200],
    ["a refund of another application", { app_id: "2021000000000000", refund_fee: "1.00" }, 200],
    ["the older signature type", { sign_type: "RSA" }, 401],
    ["a signature type in lower case", { sign_type: "rsa2" }, 401],
    ["form delimiters in a field", { subject: "a&total_amount=12.34" }, 401],
    ["a field without a name", { "": "1" }, 401],
    ["a field name that holds another field", { "body=tea&total_amount": "12.34" }, 401],
    ["a field name with a space", { "total amount": "12.34" }, 401],
    ["no signature type", { sign_type: undefined }, 401],
    ["a signature type with a space", { sign_type: "RSA2 " }, 401],
  ];
  it.each(fields)("a signed Alipay notification with %s settles nothing", async (_what, change, status) => {
    await scene().harmless(signs(provided({ ...notice(), ...change })), status);
  });

  const wrongAmount = () => ({ ...notice(), total_amount: "0.01" });
  const harmlessTogether: [string, () => Fields][] = [
    ["fields named like prototype members", () => ({ ...wrongAmount(), constructor: "1", toString: "2" })],
    ["an empty field", () => ({ ...wrongAmount(), body: "" })],
    ["a field of 1 MB", () => ({ ...wrongAmount(), body: "x".repeat(1_000_000) })],
    [
      "5,000 fields",
      () => ({
        ...wrongAmount(),
        ...Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`f${at}`, "1"])),
      }),
    ],
    ["the name of another charset", () => ({ ...wrongAmount(), charset: "gbk", subject: "绿茶" })],
  ];
  it.each(harmlessTogether)(
    "a signed Alipay notification of a wrong amount with %s settles nothing",
    async (_what, make) => {
      await scene().harmless(signs(make()), 200);
    },
  );
});

describe("altered Alipay notifications", () => {
  const changes: [string, (body: string) => string | Buffer<ArrayBuffer>, number][] = [
    ["with a field twice", (body) => `${body}&total_amount=12.34`, 401],
    ["with its signature twice", (body) => `${body}&${body.slice(body.lastIndexOf("sign="))}`, 401],
    ["with a percent-encoded field name", (body) => `${body}&%74otal_amount=12.34`, 401],
    ["with an additional field", (body) => `${body}&extra=1`, 401],
    ["with an additional empty field", (body) => `${body}&extra=`, 401],
    ["with a field name in upper case", (body) => body.replace("total_amount", "TOTAL_AMOUNT"), 401],
    ["with a space before a field name", (body) => body.replace("total_amount", "+total_amount"), 401],
    ["with its fields joined by semicolons", (body) => body.replaceAll("&", ";"), 401],
    ["with two fields merged into one", (body) => body.replace("&trade_status=", "%26trade_status%3D"), 401],
    [
      "with a base64url signature",
      (body) =>
        body.replace(/sign=.*/, (sign) => sign.replaceAll("%2B", "-").replaceAll("%2F", "_").slice(0, -3)),
      401,
    ],
    ["with spaces in its signature", (body) => body.replace(/sign=.{10}/, (sign) => `${sign}%20`), 401],
    ["with data after its signature", (body) => `${body}AAAA`, 401],
    ["as JSON", (body) => JSON.stringify(Object.fromEntries(new URLSearchParams(body))), 401],
    [
      "in bytes that are not UTF-8",
      (body) => Buffer.concat([Buffer.from(`${body}&subject=`), Buffer.from([0xc2, 0xcc])]),
      401,
    ],
    ["in UTF-16", (body) => Buffer.from(body, "utf16le"), 401],
    ["with a byte order mark", (body) => `\ufeff${body}`, 200],
    ["with a question mark before it", (body) => `?${body}`, 200],
    ["with an empty body", () => "", 401],
    ["with a million separators", () => "&".repeat(1_000_000), 401],
    ["with a million fields", () => "a=1&".repeat(250_000), 401],
  ];
  it.each(changes)("an Alipay notification resent %s settles nothing", async (_what, change, status) => {
    const call = signs({ ...notice(), trade_status: "WAIT_BUYER_PAY" });
    await scene().harmless({ body: change(call.body.toString()), headers: call.headers }, status);
  });

  it.each([
    "text/plain",
    "application/json",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded; charset=GBK",
  ])("an Alipay notification sent as %s is parsed by its bytes, not by its content type", async (type) => {
    const call = signs({ ...notice(), trade_status: "WAIT_BUYER_PAY" });
    await scene().harmless({ body: call.body, headers: { "content-type": type } }, 200);
  });

  it("an unaltered Alipay notification settles the order that it names", async () => {
    const orderNo = await scene().newOrder();
    expect(await scene().post(signs(notice(orderNo)))).toEqual({ status: 200, body: "success" });
    expect(await scene().rows.order(orderNo)).toMatchObject({ status: "success" });
  });
});
