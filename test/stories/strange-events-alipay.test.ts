import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { strangeEvents } from "../steps/strange-events.ts";

const scene = strangeEvents("alipay");
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
const signs = (fields: Fields) => scene().hand.signs(new URLSearchParams(fields).toString());

/** Without the fields that are undefined. */
function given(fields: Record<string, string | undefined>): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

describe("a truly signed notice of Alipay", () => {
  const fields: [string, Record<string, string | undefined>, number][] = [
    ["no id", { notify_id: undefined }, 400],
    ["an empty id", { notify_id: "" }, 400],
    ["an id too long", { notify_id: long(129) }, 400],
    ["no type", { notify_type: undefined }, 400],
    ["an unknown type", { notify_type: "teleported" }, 200],
    ["a type too long", { notify_type: long(129) }, 400],
    ["a type in capitals", { notify_type: "TRADE_STATUS_SYNC" }, 200],
    ["another application", { app_id: "2021000000000000" }, 200],
    ["an empty application", { app_id: "" }, 200],
    ["no application", { app_id: undefined }, 200],
    ["another seller", { seller_id: "2088000000000000" }, 200],
    ["an empty seller", { seller_id: "" }, 200],
    ["no order", { out_trade_no: undefined }, 200],
    ["an empty order", { out_trade_no: "" }, 200],
    ["an order too long", { out_trade_no: long(65) }, 200],
    ["an order of nobody", { out_trade_no: "UNI1" }, 200],
    ["an order of an emoji", { out_trade_no: "🍵\u0000" }, 200],
    ["an order of SQL", { out_trade_no: "' OR 1=1 -- " }, 200],
    ["no transaction", { trade_no: undefined }, 200],
    ["an empty transaction", { trade_no: "" }, 200],
    ["a transaction too long", { trade_no: long(65) }, 200],
    ["no status", { trade_status: undefined }, 200],
    ["an unknown status", { trade_status: "TRADE_TELEPORTED" }, 200],
    ["a status in small letters", { trade_status: "trade_success" }, 200],
    ["a status too long", { trade_status: long(129) }, 200],
    ["a status of a prototype", { trade_status: "__proto__" }, 200],
    ["no amount", { total_amount: undefined }, 200],
    ["an empty amount", { total_amount: "" }, 200],
    ["another amount", { total_amount: "12.33" }, 200],
    ["an amount of zero", { total_amount: "0.00" }, 200],
    ["a negative amount", { total_amount: "-12.34" }, 200],
    ["an amount with a sign", { total_amount: "+12.34" }, 200],
    ["an amount of three decimals", { total_amount: "12.341" }, 200],
    ["an amount with an exponent", { total_amount: "1234e-2" }, 200],
    ["an amount with a comma", { total_amount: "12,34" }, 200],
    ["an amount in hexadecimal", { total_amount: "0xC" }, 200],
    ["an amount of full-width digits", { total_amount: "１２.３４" }, 200],
    ["an amount with a space", { total_amount: " 12.34" }, 200],
    ["an amount with a line end", { total_amount: "12.34\n" }, 200],
    ["a huge amount", { total_amount: "99999999999.99" }, 200],
    ["an amount beyond integers", { total_amount: "9".repeat(40) }, 200],
    ["an amount in words", { total_amount: "NaN" }, 200],
    ["a time that is none", { gmt_payment: "yesterday" }, 200],
    ["a time on no day", { gmt_payment: "2026-02-30 25:61:61" }, 200],
    ["a time before all years", { gmt_payment: "0000-01-01 00:00:00" }, 200],
    ["a time in another form", { gmt_payment: "2026-01-02T03:04:05Z" }, 200],
    ["a refund that is negative", { refund_fee: "-1.00" }, 200],
    ["a refund in words", { refund_fee: "all" }, 200],
    ["a refund of an order that is not paid", { refund_fee: "1.00", gmt_payment: "" }, 200],
    ["a refund's number alone", { out_biz_no: "R1", gmt_payment: "" }, 200],
    ["a refund of another application", { app_id: "2021000000000000", refund_fee: "1.00" }, 200],
    ["an older signature", { sign_type: "RSA" }, 401],
    ["a signature in small letters", { sign_type: "rsa2" }, 401],
    ["signs of a form in a field", { subject: "a&total_amount=12.34" }, 401],
    ["a field without a name", { "": "1" }, 401],
    ["a name that holds another field", { "body=tea&total_amount": "12.34" }, 401],
    ["a name with a blank", { "total amount": "12.34" }, 401],
    ["no kind of signature", { sign_type: undefined }, 401],
    ["a kind of signature with a space", { sign_type: "RSA2 " }, 401],
  ];
  it.each(fields)("with %s settles nothing", async (_what, change, status) => {
    await scene().harmless(signs(given({ ...notice(), ...change })), status);
  });

  const wrongAmount = () => ({ ...notice(), total_amount: "0.01" });
  const harmlessTogether: [string, () => Fields][] = [
    ["fields of prototypes", () => ({ ...wrongAmount(), constructor: "1", toString: "2" })],
    ["an empty field", () => ({ ...wrongAmount(), body: "" })],
    ["a field of 1 MB", () => ({ ...wrongAmount(), body: "x".repeat(1_000_000) })],
    [
      "5,000 fields",
      () => ({
        ...wrongAmount(),
        ...Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`f${at}`, "1"])),
      }),
    ],
    ["another charset by name", () => ({ ...wrongAmount(), charset: "gbk", subject: "绿茶" })],
  ];
  it.each(harmlessTogether)("with %s is an anomaly and no more", async (_what, make) => {
    await scene().harmless(signs(make()), 200);
  });
});

describe("a notice of Alipay that was changed in its form,", () => {
  const changes: [string, (body: string) => string | Buffer<ArrayBuffer>, number][] = [
    ["with a field twice", (body) => `${body}&total_amount=12.34`, 401],
    ["with its signature twice", (body) => `${body}&${body.slice(body.lastIndexOf("sign="))}`, 401],
    ["with a name written otherwise", (body) => `${body}&%74otal_amount=12.34`, 401],
    ["with one field more", (body) => `${body}&extra=1`, 401],
    ["with an empty field more", (body) => `${body}&extra=`, 401],
    ["with a name in capitals", (body) => body.replace("total_amount", "TOTAL_AMOUNT"), 401],
    ["with a blank before a name", (body) => body.replace("total_amount", "+total_amount"), 401],
    ["with its fields joined by semicolons", (body) => body.replaceAll("&", ";"), 401],
    ["with two fields made one", (body) => body.replace("&trade_status=", "%26trade_status%3D"), 401],
    [
      "with a signature for URLs",
      (body) =>
        body.replace(/sign=.*/, (sign) => sign.replaceAll("%2B", "-").replaceAll("%2F", "_").slice(0, -3)),
      401,
    ],
    ["with blanks in its signature", (body) => body.replace(/sign=.{10}/, (sign) => `${sign}%20`), 401],
    ["with more behind its signature", (body) => `${body}AAAA`, 401],
    ["as JSON", (body) => JSON.stringify(Object.fromEntries(new URLSearchParams(body))), 401],
    [
      "in bytes that are not UTF-8",
      (body) => Buffer.concat([Buffer.from(`${body}&subject=`), Buffer.from([0xc2, 0xcc])]),
      401,
    ],
    ["in UTF-16", (body) => Buffer.from(body, "utf16le"), 401],
    ["with a byte order mark", (body) => `\ufeff${body}`, 200],
    ["with a question mark before it", (body) => `?${body}`, 200],
    ["with nothing", () => "", 401],
    ["with a million separators", () => "&".repeat(1_000_000), 401],
    ["with a million fields", () => "a=1&".repeat(250_000), 401],
  ];
  it.each(changes)("%s, settles nothing", async (_what, change, status) => {
    const call = signs({ ...notice(), trade_status: "WAIT_BUYER_PAY" });
    await scene().harmless({ body: change(call.body.toString()), headers: call.headers }, status);
  });

  it.each([
    "text/plain",
    "application/json",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded; charset=GBK",
  ])("or sent as %s, is read by its bytes alone", async (type) => {
    const call = signs({ ...notice(), trade_status: "WAIT_BUYER_PAY" });
    await scene().harmless({ body: call.body, headers: { "content-type": type } }, 200);
  });

  it("or not at all, settles the order that it names", async () => {
    const orderNo = await scene().newOrder();
    expect(await scene().post(signs(notice(orderNo)))).toEqual({ status: 200, body: "success" });
    expect(await scene().rows.order(orderNo)).toMatchObject({ status: "success" });
  });
});
