import { describe, expect, it } from "vitest";
import { createdAt, orderNo } from "../payments.ts";
import {
  mchId,
  noticeCall,
  openWechat,
  ours,
  paid,
  sealed,
  signedHeaders,
  transaction,
  transactionId,
} from "./merchant.ts";

const providerRefundNo = "R20251123120500ABCDEFGHJKMNPQRST";
const refund = (changes: Record<string, unknown> = {}) => ({
  mchid: mchId,
  out_trade_no: orderNo,
  transaction_id: transactionId,
  out_refund_no: providerRefundNo,
  refund_id: "50300000012025112300000000001",
  refund_status: "SUCCESS",
  success_time: "2025-11-23T21:00:00+08:00",
  user_received_account: "招商银行信用卡0403",
  amount: { total: 1230, refund: 230, payer_total: 1230, payer_refund: 230 },
  ...changes,
});

const heard = (...given: Parameters<typeof noticeCall>) => openWechat().hear(noticeCall(...given), mchId);
const kinds = async (...given: Parameters<typeof noticeCall>) =>
  (await heard(...given)).observations.map(({ kind }) => kind);

describe("a notice of WeChat Pay", () => {
  it("of a payment is a payment", async () => {
    expect(await heard(transaction())).toEqual({
      eventId: "EV-2025112320005900000",
      eventType: "TRANSACTION.SUCCESS",
      observations: [paid],
    });
  });

  it.each([
    ["merchant", { mchid: "1900000999" }, "1900000999"],
    ["application", { appid: "wx0000000000000000" }, "wx0000000000000000"],
  ])("of another %s keeps that account", async (_title, changes, account) => {
    expect((await heard(transaction(changes))).observations).toEqual([{ ...paid, account }]);
  });

  it.each([
    ["SUCCESS", "refunded"],
    ["CLOSED", "refundFailed"],
    ["ABNORMAL", "refundPending"],
  ])("of a refund says how it stands: %s", async (status, kind) => {
    const { observations } = await heard(refund({ refund_status: status }), { type: `REFUND.${status}` });
    expect(observations).toEqual([
      {
        kind,
        orderNo,
        tradeNo: transactionId,
        refundNo: providerRefundNo,
        refundId: "50300000012025112300000000001",
        amount: { minor: 230, currency: "CNY" },
      },
    ]);
  });

  it("of a refund that was not made through us names no number of ours", async () => {
    for (const out_refund_no of ["1217752501201407033233368018", providerRefundNo.toLowerCase(), "R1"]) {
      const { observations } = await heard(refund({ out_refund_no }), { type: "REFUND.SUCCESS" });
      expect(observations).toMatchObject([{ kind: "refunded", refundNo: null }]);
    }
  });

  it.each([
    ["a payment that is not one", transaction({ trade_state: "NOTPAY" }), "TRANSACTION.SUCCESS"],
    ["a payment by another name", transaction(), "TRANSACTION.PAYFAIL"],
    ["a payment of another form", { ...transaction(), out_trade_no: 7 }, "TRANSACTION.SUCCESS"],
    ["a refund by another name", refund(), "REFUND.CLOSED"],
    ["a refund status that we do not know", refund({ refund_status: "NEW" }), "REFUND.NEW"],
    ["a refund of another merchant", refund({ mchid: "1900000999" }), "REFUND.SUCCESS"],
    ["a refund of another form", refund({ amount: { refund: "2.30" } }), "REFUND.SUCCESS"],
  ])("is not guessed at: %s", async (_title, content, type) => {
    expect(await kinds(content, { type })).toEqual(["unrecognised"]);
  });

  it("about something else is ignored", async () => {
    expect(await kinds({}, { type: "COUPON.USE" })).toEqual(["ignored"]);
  });

  it.each([
    ["a probe", { signing: { changes: { "wechatpay-signature": "WECHATPAY/SIGNTEST/x" } } }],
    ["unsigned", { signing: { changes: { "wechatpay-signature": undefined } } }],
    ["signed by somebody else", { signing: { key: ours.privateKey } }],
    ["old", { signing: { at: new Date(createdAt.getTime() - 301_000) } }],
    ["from the future", { signing: { at: new Date(createdAt.getTime() + 302_000) } }],
    [
      "encrypted for another config",
      { resource: sealed("{}", "transaction", "another key of thirty-two bytes!") },
    ],
  ] satisfies [string, Parameters<typeof noticeCall>[1]][])("is refused: %s", async (_title, options) => {
    await expect(heard(transaction(), options)).rejects.toMatchObject({ failure: "notification_refused" });
  });

  it("is refused when a byte was changed on the way", async () => {
    const { body, headers } = noticeCall(transaction());
    const changed = Buffer.from(body.toString().replace("EV-2025", "EV-2026"));
    await expect(openWechat().hear({ body: changed, headers }, mchId)).rejects.toMatchObject({
      failure: "notification_refused",
    });
  });

  it.each([
    ["no JSON", "<xml/>"],
    ["no notice", "{}"],
    ["no UTF-8", Buffer.from([0x7b, 0xff])],
    ["a notice with another encryption", noticeWith({ algorithm: "AEAD_SM4_GCM" })],
    ["a notice without an id", noticeWith({}, { id: "" })],
  ])("is malformed: %s", async (_title, text) => {
    const body = Buffer.from(text);
    await expect(openWechat().hear({ body, headers: signedHeaders(body) }, mchId)).rejects.toMatchObject({
      failure: "notification_malformed",
    });
  });
});

function noticeWith(resource: object, changes: object = {}): string {
  const told = JSON.parse(noticeCall(transaction()).body.toString());
  return JSON.stringify({ ...told, resource: { ...told.resource, ...resource }, ...changes });
}
