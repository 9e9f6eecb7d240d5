import { describe, expect, it } from "vitest";
import { localServer } from "../../outbound/local-server.ts";
import { orderNo, payment, refund } from "../payments.ts";
import {
  encrypted,
  mchId,
  noticeCall,
  openWechat,
  paid,
  refusal,
  signedHeaders,
  transaction,
  transactionId,
} from "./merchant.ts";

const bom = Buffer.from([0xef, 0xbb, 0xbf]);

/** Fetches a payment; the answer has exactly these bytes and is signed over `signedBody`. */
async function fetchedFrom(body: Buffer, signedBody = body) {
  const server = await localServer(() => ({ status: 200, headers: signedHeaders(signedBody), body }));
  return openWechat({ baseUrl: server.url }).fetchPayment(payment());
}

const bytes = (content: object) => Buffer.from(JSON.stringify(content));

describe("WeChat Pay verification of raw bytes", () => {
  it("a WeChat Pay answer with a byte order mark is read if the mark was signed", async () => {
    expect(await fetchedFrom(Buffer.concat([bom, bytes(transaction())]))).toEqual([paid]);
  });

  it("a WeChat Pay answer whose byte order mark was not signed is unknown", async () => {
    const plain = bytes(transaction());
    const said = await fetchedFrom(Buffer.concat([bom, plain]), plain);
    expect(said).toMatchObject([{ kind: "unknown", why: expect.stringContaining("does not fit") }]);
  });

  it("a WeChat Pay notice with a byte order mark, in the body or in the encrypted content, is read", async () => {
    const resource = encrypted(`\uFEFF${JSON.stringify(transaction())}`);
    const { body } = noticeCall(transaction(), { resource });
    const marked = Buffer.concat([bom, body]);
    const parsed = await openWechat().parseWebhook({ body: marked, headers: signedHeaders(marked) }, mchId);
    expect(parsed.events).toEqual([paid]);
  });

  it("a signed WeChat Pay answer that is not UTF-8 is unknown", async () => {
    // GBK, as an answer of a gateway in front of it might be.
    const gbk = Buffer.from([0x7b, 0x22, 0xd6, 0xa7, 0xb8, 0xb6, 0x22, 0x3a, 0x31, 0x7d]);
    expect(await fetchedFrom(gbk)).toMatchObject([
      { kind: "unknown", why: expect.stringContaining("readable") },
    ]);
  });
});

// "Members may be left out when they are null": pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay2_0.shtml.
describe("WeChat Pay null, empty and zero members", () => {
  const nothing = { transaction_id: null, success_time: null, payer: null, bank_type: null };

  it("an unpaid WeChat Pay order with null, empty and zero members is open", async () => {
    const amount = { total: 1230, payer_total: 0, currency: null };
    const unpaid = transaction({ ...nothing, trade_state: "NOTPAY", amount });
    expect(await fetchedFrom(bytes(unpaid))).toEqual([{ kind: "open", orderNo, why: "NOTPAY" }]);
    expect(await fetchedFrom(bytes({ ...unpaid, amount: null }))).toEqual([
      { kind: "open", orderNo, why: "NOTPAY" },
    ]);
  });

  it.each([
    ["amount", { amount: { total: 0, currency: "CNY" } }],
    ["amount", { amount: null }],
    ["currency", { amount: { total: 1230, currency: null } }],
    ["transaction", { transaction_id: null }],
  ])("a paid WeChat Pay order without %s is unrecognised (%#)", async (_title, changes) => {
    expect(await fetchedFrom(bytes(transaction(changes)))).toMatchObject([{ kind: "unrecognised" }]);
  });

  it("a WeChat Pay payment that coupons covered completely is paid in full", async () => {
    const amount = { total: 1230, payer_total: 0, currency: "CNY", payer_currency: "CNY" };
    expect(await fetchedFrom(bytes(transaction({ amount })))).toEqual([paid]);
  });

  it("a WeChat Pay notice of a refund of zero is unrecognised", async () => {
    const notified = {
      ...{ mchid: mchId, out_trade_no: orderNo, transaction_id: transactionId, refund_status: "SUCCESS" },
      ...{ out_refund_no: "1217752501201407033233368018", refund_id: "50300000012025112300000000001" },
      amount: { total: 1230, refund: 0, payer_total: 1230, payer_refund: 0 },
    };
    const { events } = await openWechat().parseWebhook(
      noticeCall(notified, { type: "REFUND.SUCCESS" }),
      mchId,
    );
    expect(events).toEqual([{ kind: "unrecognised", said: "REFUND.SUCCESS of no amount" }]);
  });

  it("zero in the other amounts of a WeChat Pay refund answer is ignored", async () => {
    const { providerRefundNo, amount } = refund();
    const said = {
      ...{ refund_id: "503", out_refund_no: providerRefundNo, out_trade_no: orderNo, status: "SUCCESS" },
      amount: { refund: amount.minor, payer_refund: 0, discount_refund: 0, refund_fee: 0, currency: null },
    };
    const body = bytes(said);
    const server = await localServer(() => ({ status: 200, headers: signedHeaders(body), body }));
    const adapter = openWechat({ baseUrl: server.url });
    expect(await adapter.fetchRefund!(payment(), refund())).toEqual({ kind: "refunded", refundId: "503" });
  });

  it("a WeChat Pay refusal with empty details is not about the request's headers", async () => {
    const server = await localServer(() => refusal(404, "ORDER_NOT_EXIST", { location: null, value: 0 }));
    expect(await openWechat({ baseUrl: server.url }).fetchPayment(payment())).toMatchObject([
      { kind: "missing" },
    ]);
  });
});
