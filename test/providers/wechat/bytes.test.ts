import { describe, expect, it } from "vitest";
import { localServer } from "../../outbound/local-server.ts";
import { orderNo, payment, refund } from "../payments.ts";
import {
  mchId,
  noticeCall,
  openWechat,
  paid,
  refusal,
  sealed,
  signedHeaders,
  transaction,
  transactionId,
} from "./merchant.ts";

const bom = Buffer.from([0xef, 0xbb, 0xbf]);

/** An answer of exactly these bytes, truly signed over them. */
async function lookAt(body: Buffer, signedBody = body) {
  const server = await localServer(() => ({ status: 200, headers: signedHeaders(signedBody), body }));
  return openWechat({ baseUrl: server.url }).look(payment());
}

const bytes = (content: object) => Buffer.from(JSON.stringify(content));

describe("bytes of WeChat Pay are verified as they came, and read afterwards", () => {
  it("an answer with a byte order mark is read when the mark was signed", async () => {
    expect(await lookAt(Buffer.concat([bom, bytes(transaction())]))).toEqual([paid]);
  });

  it("an answer whose byte order mark was not signed is not believed", async () => {
    const plain = bytes(transaction());
    const said = await lookAt(Buffer.concat([bom, plain]), plain);
    expect(said).toMatchObject([{ kind: "unknown", why: expect.stringContaining("does not fit") }]);
  });

  it("a notice with a byte order mark, outside or in what it encrypts, is read", async () => {
    const resource = sealed(`\uFEFF${JSON.stringify(transaction())}`);
    const { body } = noticeCall(transaction(), { resource });
    const marked = Buffer.concat([bom, body]);
    const heard = await openWechat().hear({ body: marked, headers: signedHeaders(marked) }, mchId);
    expect(heard.observations).toEqual([paid]);
  });

  it("truly signed bytes that are no UTF-8 are no answer, and nothing is concluded from them", async () => {
    // GBK, as an answer of a gateway in front of it might be.
    const gbk = Buffer.from([0x7b, 0x22, 0xd6, 0xa7, 0xb8, 0xb6, 0x22, 0x3a, 0x31, 0x7d]);
    expect(await lookAt(gbk)).toMatchObject([{ kind: "unknown", why: expect.stringContaining("readable") }]);
  });
});

// "Members may be left out when they are null": pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay2_0.shtml.
describe("members of WeChat Pay that are there and say nothing", () => {
  const nothing = { transaction_id: null, success_time: null, payer: null, bank_type: null };

  it("an unpaid order with null, empty and zero members is open", async () => {
    const amount = { total: 1230, payer_total: 0, currency: null };
    const unpaid = transaction({ ...nothing, trade_state: "NOTPAY", amount });
    expect(await lookAt(bytes(unpaid))).toEqual([{ kind: "open", orderNo, why: "NOTPAY" }]);
    expect(await lookAt(bytes({ ...unpaid, amount: null }))).toEqual([
      { kind: "open", orderNo, why: "NOTPAY" },
    ]);
  });

  it.each([
    ["amount", { amount: { total: 0, currency: "CNY" } }],
    ["amount", { amount: null }],
    ["currency", { amount: { total: 1230, currency: null } }],
    ["transaction", { transaction_id: null }],
  ])("a paid order of no %s is not paid (%#)", async (_title, changes) => {
    expect(await lookAt(bytes(transaction(changes)))).toMatchObject([{ kind: "unrecognised" }]);
  });

  it("a payment of which coupons paid all is paid in full", async () => {
    const amount = { total: 1230, payer_total: 0, currency: "CNY", payer_currency: "CNY" };
    expect(await lookAt(bytes(transaction({ amount })))).toEqual([paid]);
  });

  it("a notice of a refund of zero refunds nothing", async () => {
    const told = {
      ...{ mchid: mchId, out_trade_no: orderNo, transaction_id: transactionId, refund_status: "SUCCESS" },
      ...{ out_refund_no: "1217752501201407033233368018", refund_id: "50300000012025112300000000001" },
      amount: { total: 1230, refund: 0, payer_total: 1230, payer_refund: 0 },
    };
    const { observations } = await openWechat().hear(noticeCall(told, { type: "REFUND.SUCCESS" }), mchId);
    expect(observations).toEqual([{ kind: "unrecognised", said: "REFUND.SUCCESS of no amount" }]);
  });

  it("zero in the other amounts of a refund's answer changes nothing", async () => {
    const { providerRefundNo, amount } = refund();
    const said = {
      ...{ refund_id: "503", out_refund_no: providerRefundNo, out_trade_no: orderNo, status: "SUCCESS" },
      amount: { refund: amount.minor, payer_refund: 0, discount_refund: 0, refund_fee: 0, currency: null },
    };
    const body = bytes(said);
    const server = await localServer(() => ({ status: 200, headers: signedHeaders(body), body }));
    const adapter = openWechat({ baseUrl: server.url });
    expect(await adapter.lookRefund!(payment(), refund())).toEqual({ kind: "refunded", refundId: "503" });
  });

  it("a refusal with empty details is about nothing of the request", async () => {
    const server = await localServer(() => refusal(404, "ORDER_NOT_EXIST", { location: null, value: 0 }));
    expect(await openWechat({ baseUrl: server.url }).look(payment())).toMatchObject([{ kind: "missing" }]);
  });
});
