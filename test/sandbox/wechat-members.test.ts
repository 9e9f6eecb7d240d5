import { describe, expect, it } from "vitest";
import { aReceiver } from "./receiver.ts";
import { aSandbox, eventually } from "./sandbox.ts";
import { aWechatMerchant } from "./wechat-merchant.ts";

/**
 * The members of the official models that WeChat Pay always sends, by their names on the wire. Sources:
 * wechatpay-apiv3/wechatpay-java@1dab7be, service/…/payments/model, refund/model, certificate/model, core/notification;
 * which members are required: wechatpay-go@6dbd7ce services/refunddomestic/models.go (no `omitempty`). `refund_fee` and
 * `from`: pay.weixin.qq.com/doc/v3/merchant/4012552567.
 */
const models = {
  transaction:
    "amount appid attach bank_type mchid out_trade_no payer promotion_detail success_time trade_state trade_state_desc trade_type transaction_id",
  unpaid: "amount appid attach mchid out_trade_no promotion_detail trade_state trade_state_desc",
  transactionAmount: "currency payer_currency payer_total total",
  payer: "openid",
  refund:
    "amount channel create_time funds_account out_refund_no out_trade_no promotion_detail refund_id status success_time transaction_id user_received_account",
  refundAmount:
    "currency discount_refund from payer_refund payer_total refund refund_fee settlement_refund settlement_total total",
  // pay.weixin.qq.com/doc/v3/merchant/4012082022
  refundNotice:
    "amount mchid out_refund_no out_trade_no refund_id refund_status success_time transaction_id user_received_account",
  refundNoticeAmount: "payer_refund payer_total refund total",
  notification: "create_time event_type id resource resource_type summary",
  resource: "algorithm associated_data ciphertext nonce original_type",
  certificate: "effective_time encrypt_certificate expire_time serial_no",
  encryptCertificate: "algorithm associated_data ciphertext nonce",
};

const members = (content: object) => Object.keys(content).sort().join(" ");

/** A paid and refunded order, with the answers to queries and the notices about it. */
async function aRefundedOrder() {
  const [sandbox, receiver] = [await aSandbox(), await aReceiver()];
  const merchant = await aWechatMerchant(sandbox);
  await merchant.create({ notify_url: receiver.url });
  const unpaid = (await merchant.query()).body;
  await sandbox.control("wechat", "pay", { order_no: "ORDER1" });
  await sandbox.attempts("wechat", 1);
  const paid = (await merchant.query()).body;
  await merchant.refund({ notify_url: receiver.url });
  await sandbox.control("wechat", "refund-result", { refund_no: "R1", status: "SUCCESS" });
  await eventually(() => expect(receiver.received).toHaveLength(2));
  const refund = (await merchant.call("GET", "/v3/refund/domestic/refunds/R1")).body;
  return { sandbox, merchant, receiver, unpaid, paid, refund };
}

describe("WeChat simulator: members of objects", () => {
  it("a WeChat simulator order has the official members before and after payment", async () => {
    const { unpaid, paid } = await aRefundedOrder();
    expect(members(unpaid)).toBe(models.unpaid);
    expect(members(unpaid.amount)).toBe("payer_currency total");
    expect(members(paid)).toBe(models.transaction);
    expect(members(paid.amount)).toBe(models.transactionAmount);
    expect(members(paid.payer)).toBe(models.payer);
  });

  it("a WeChat simulator refund has the official members", async () => {
    const { refund } = await aRefundedOrder();
    expect(members(refund)).toBe(models.refund);
    expect(members(refund.amount)).toBe(models.refundAmount);
  });

  it("WeChat simulator notices of a payment and a refund have the official members", async () => {
    const { merchant, receiver } = await aRefundedOrder();
    for (const received of receiver.received) {
      const raw = JSON.parse(received.body);
      expect(members(raw)).toBe(models.notification);
      expect(members(raw.resource)).toBe(models.resource);
    }
    const [paid, refunded] = receiver.received.map((received) => merchant.read(received).resource.opened);
    expect(members(paid)).toBe(models.transaction);
    expect(members(refunded)).toBe(models.refundNotice);
    expect(members(refunded.amount)).toBe(models.refundNoticeAmount);
  });

  it("a WeChat simulator platform certificate has the official members", async () => {
    const sandbox = await aSandbox();
    const merchant = await aWechatMerchant(sandbox, "certificate");
    const { body } = await merchant.call("GET", "/v3/certificates");
    expect(members(body.data[0])).toBe(models.certificate);
    expect(members(body.data[0].encrypt_certificate)).toBe(models.encryptCertificate);
  });
});

describe("WeChat simulator: refund period", () => {
  // wechatpay-go services/refunddomestic/api_refunds.go: no refund of a trade that is more than a year old.
  it("the WeChat simulator refuses a refund more than a year after the payment", async () => {
    const { sandbox, merchant } = await aRefundedOrder();
    sandbox.clock.advance(364 * 24 * 3_600_000);
    expect((await merchant.refund({ out_refund_no: "R2" })).status).toBe(200);
    sandbox.clock.advance(2 * 24 * 3_600_000);
    const refused = { status: 400, body: { code: "INVALID_REQUEST" } };
    expect(await merchant.refund({ out_refund_no: "R3" })).toMatchObject(refused);
  });
});
