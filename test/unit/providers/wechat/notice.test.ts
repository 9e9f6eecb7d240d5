import { describe, expect, it } from "vitest";
import { createdAt, orderNo } from "../payments.ts";
import {
  encrypted,
  mchId,
  noticeCall,
  openWechat,
  ours,
  paid,
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

const parsed = (...provided: Parameters<typeof noticeCall>) =>
  openWechat().parseWebhook(noticeCall(...provided), mchId);
const kinds = async (...provided: Parameters<typeof noticeCall>) =>
  (await parsed(...provided)).events.map(({ kind }) => kind);

describe("WeChat Pay notices", () => {
  it("a WeChat Pay notice of a payment gives a paid event", async () => {
    expect(await parsed(transaction())).toEqual({
      eventId: "EV-2025112320005900000",
      eventType: "TRANSACTION.SUCCESS",
      events: [paid],
    });
  });

  it.each([
    ["merchant", { mchid: "1900000999" }, "1900000999"],
    ["application", { appid: "wx0000000000000000" }, "wx0000000000000000"],
  ])("a WeChat Pay notice of another %s keeps that account", async (_title, changes, account) => {
    expect((await parsed(transaction(changes))).events).toEqual([{ ...paid, account }]);
  });

  it.each([
    ["SUCCESS", "refunded"],
    ["CLOSED", "refundFailed"],
    ["ABNORMAL", "refundPending"],
  ])("a WeChat Pay notice of a refund with status %s gives %s", async (status, kind) => {
    const { events } = await parsed(refund({ refund_status: status }), { type: `REFUND.${status}` });
    expect(events).toEqual([
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

  it("a WeChat Pay notice of an external refund has no refund number of ours", async () => {
    for (const out_refund_no of ["1217752501201407033233368018", providerRefundNo.toLowerCase(), "R1"]) {
      const { events } = await parsed(refund({ out_refund_no }), { type: "REFUND.SUCCESS" });
      expect(events).toMatchObject([{ kind: "refunded", refundNo: null }]);
    }
  });

  it.each([
    ["an unpaid transaction", transaction({ trade_state: "NOTPAY" }), "TRANSACTION.SUCCESS"],
    ["a payment under another event type", transaction(), "TRANSACTION.PAYFAIL"],
    ["a payment of another form", { ...transaction(), out_trade_no: 7 }, "TRANSACTION.SUCCESS"],
    ["a refund under another event type", refund(), "REFUND.CLOSED"],
    ["an unknown refund status", refund({ refund_status: "NEW" }), "REFUND.NEW"],
    ["a refund of another merchant", refund({ mchid: "1900000999" }), "REFUND.SUCCESS"],
    ["a refund of another form", refund({ amount: { refund: "2.30" } }), "REFUND.SUCCESS"],
  ])("a WeChat Pay notice is unrecognised: %s", async (_title, content, type) => {
    expect(await kinds(content, { type })).toEqual(["unrecognised"]);
  });

  it("a WeChat Pay notice about something else is ignored", async () => {
    expect(await kinds({}, { type: "COUPON.USE" })).toEqual(["ignored"]);
  });

  it.each([
    ["a probe", { signing: { changes: { "wechatpay-signature": "WECHATPAY/SIGNTEST/x" } } }],
    ["unsigned", { signing: { changes: { "wechatpay-signature": undefined } } }],
    ["signed by another party", { signing: { key: ours.privateKey } }],
    ["old", { signing: { at: new Date(createdAt.getTime() - 301_000) } }],
    ["from the future", { signing: { at: new Date(createdAt.getTime() + 302_000) } }],
    [
      "encrypted for another config",
      { resource: encrypted("{}", "transaction", "another key of thirty-two bytes!") },
    ],
  ] satisfies [string, Parameters<typeof noticeCall>[1]][])(
    "a WeChat Pay notice is refused: %s",
    async (_title, options) => {
      await expect(parsed(transaction(), options)).rejects.toMatchObject({ failure: "notification_refused" });
    },
  );

  it("a WeChat Pay notice with a changed byte is refused", async () => {
    const { body, headers } = noticeCall(transaction());
    const changed = Buffer.from(body.toString().replace("EV-2025", "EV-2026"));
    await expect(openWechat().parseWebhook({ body: changed, headers }, mchId)).rejects.toMatchObject({
      failure: "notification_refused",
    });
  });

  it.each([
    ["not JSON", "<xml/>"],
    ["not a notice", "{}"],
    ["not UTF-8", Buffer.from([0x7b, 0xff])],
    ["a notice with another encryption", noticeWith({ algorithm: "AEAD_SM4_GCM" })],
    ["a notice without an id", noticeWith({}, { id: "" })],
  ])("a WeChat Pay webhook is malformed: %s", async (_title, text) => {
    const body = Buffer.from(text);
    await expect(
      openWechat().parseWebhook({ body, headers: signedHeaders(body) }, mchId),
    ).rejects.toMatchObject({
      failure: "notification_malformed",
    });
  });
});

function noticeWith(resource: object, changes: object = {}): string {
  const notified = JSON.parse(noticeCall(transaction()).body.toString());
  return JSON.stringify({ ...notified, resource: { ...notified.resource, ...resource }, ...changes });
}
