import { createVerify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { clockAt, createdAt, everythingOf, newPayment, orderNo, payment } from "../payments.ts";
import {
  appId,
  gatewayAnswer,
  notice,
  noticeBody,
  openAlipay,
  ours,
  pem,
  rawCredentials,
  refusal,
  sellerId,
} from "./keys.ts";

const tradeNo = "2025112322001400000500000001";
const trade = (changes: Record<string, unknown> = {}) => ({
  code: "10000",
  msg: "Success",
  out_trade_no: orderNo,
  trade_no: tradeNo,
  trade_status: "TRADE_SUCCESS",
  total_amount: "12.30",
  send_pay_date: "2025-11-23 20:00:59",
  ...changes,
});
const answer = (content: unknown, method = "query") => gatewayAnswer(content, `alipay.trade.${method}`);

async function fetched(reply: Reply) {
  const server = await localServer(() => reply);
  return openAlipay({ baseUrl: server.url }).fetchPayment(payment());
}

const paid = {
  kind: "paid",
  orderNo,
  account: appId,
  amount: { minor: 1230, currency: "CNY" },
  tradeNo,
  paidAt: new Date("2025-11-23T12:00:59Z"),
  objectId: null,
};

describe("Alipay fetchPayment", () => {
  it("Alipay's fetchPayment sends a signed query by our number, with the time in UTC+8", async () => {
    const server = await localServer(() => answer(trade()));
    await openAlipay({ baseUrl: server.url }).fetchPayment(payment());
    const [call] = server.calls;
    const fields = new URL(call?.path ?? "", server.url).searchParams;
    for (const [name, value] of new URLSearchParams(call?.body)) fields.append(name, value);
    const { sign, ...covered } = Object.fromEntries(fields);
    expect(call).toMatchObject({ method: "POST" });
    expect(covered).toMatchObject({ method: "alipay.trade.query", timestamp: "2025-11-23 20:00:00" });
    expect(JSON.parse(covered.biz_content ?? "")).toEqual({ out_trade_no: orderNo });
    const text = Object.keys(covered)
      .sort()
      .map((name) => `${name}=${covered[name]}`)
      .join("&");
    expect(
      createVerify("RSA-SHA256")
        .update(text)
        .verify(pem(ours.publicKey, "spki"), sign ?? "", "base64"),
    ).toBe(true);
  });

  it.each([
    ["TRADE_SUCCESS", trade(), [paid]],
    ["TRADE_FINISHED", trade({ trade_status: "TRADE_FINISHED" }), [paid]],
    ["another amount", trade({ total_amount: "0.01" }), [{ ...paid, amount: { minor: 1, currency: "CNY" } }]],
    ["no payment time", trade({ send_pay_date: undefined }), [{ ...paid, paidAt: createdAt }]],
    [
      "TRADE_CLOSED after a payment",
      trade({ trade_status: "TRADE_CLOSED" }),
      [paid, { kind: "refundedTotal", orderNo, tradeNo, total: paid.amount }],
    ],
  ])("Alipay's fetchPayment reports a payment: %s", async (_title, content, events) => {
    expect(await fetched(answer(content))).toEqual(events);
  });

  it.each([
    ["WAIT_BUYER_PAY", answer(trade({ trade_status: "WAIT_BUYER_PAY", send_pay_date: undefined })), "open"],
    [
      "TRADE_CLOSED unpaid",
      answer(trade({ trade_status: "TRADE_CLOSED", send_pay_date: undefined })),
      "closed",
    ],
    ["ACQ.TRADE_NOT_EXIST", answer(refusal("ACQ.TRADE_NOT_EXIST")), "missing"],
    ["20000", answer(refusal("isp.unknow-error", "20000")), "unknown"],
    ["ACQ.SYSTEM_ERROR", answer(refusal("ACQ.SYSTEM_ERROR")), "unknown"],
    ["a missing code", answer({ msg: "?" }), "unknown"],
    ["HTTP 500 with a signed answer", { ...(answer(trade()) as object), status: 500 }, "unknown"],
    ["a redirect", { status: 302, headers: { location: "/other" } }, "unknown"],
    ["HTML", { body: "<html></html>" }, "unknown"],
    ["an unsigned answer", { body: JSON.stringify({ alipay_trade_query_response: trade() }) }, "unknown"],
    ["an answer signed for a close", answer(trade(), "close"), "unknown"],
    ["a broken connection", "reset", "unknown"],
    ["a new trade status", answer(trade({ trade_status: "TRADE_PENDING" })), "unrecognised"],
    ["another order", answer(trade({ out_trade_no: "UNI1" })), "unrecognised"],
    ["an invalid amount", answer(trade({ total_amount: "1e3" })), "unrecognised"],
    ["an invalid date", answer(trade({ send_pay_date: "2025-19-45 20:00:00" })), "unrecognised"],
  ] satisfies [string, Reply, string][])(
    "Alipay's fetchPayment maps %s to $2",
    async (_title, reply, kind) => {
      expect(await fetched(reply)).toEqual([expect.objectContaining({ kind })]);
    },
  );

  it("Alipay's fetchPayment reports the code of an unsigned refusal", async () => {
    const said = { code: "40002", sub_code: "isv.invalid-app-id", sub_msg: "canary" };
    for (const member of ["error_response", "alipay_trade_query_response"]) {
      expect(await fetched({ body: JSON.stringify({ [member]: said }) })).toEqual([
        {
          kind: "unknown",
          orderNo,
          why: "Alipay's answer is not signed or not readable: isv.invalid-app-id",
        },
      ]);
    }
  });

  it.each([
    "isv.insufficient-isv-permissions",
    "ACQ.BEYOND_PER_RECEIPT_SINGLE_RESTRICTION",
    "aop.ACQ.SYSTEM_ERROR",
  ])("Alipay's fetchPayment reports the unsigned code %s", async (code) => {
    const said = { code: "40004", sub_code: code };
    expect(await fetched({ body: JSON.stringify({ error_response: said }) })).toEqual([
      { kind: "unknown", orderNo, why: `Alipay's answer is not signed or not readable: ${code}` },
    ]);
  });

  it.each([
    { code: "<canary>", sub_code: "<canary>" },
    { code: "canary".repeat(10) },
    { code: "40002", sub_code: "canary".repeat(10) },
    { code: "40002", sub_code: `isv.${"canary".repeat(11)}` },
  ])("Alipay's fetchPayment does not repeat %o, which is not an Alipay code", async (said) => {
    expect(await fetched({ body: JSON.stringify({ error_response: said }) })).toEqual([
      { kind: "unknown", orderNo, why: "Alipay's answer is not signed or not readable" },
    ]);
  });
});

describe("Alipay close", () => {
  const closed = async (now: Date | string, ...replies: Reply[]) => {
    const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
    return openAlipay({ baseUrl: server.url, now }).close?.(payment());
  };

  it("an Alipay close is confirmed by a signed success", async () => {
    expect(await closed(createdAt, answer({ code: "10000" }, "close"))).toMatchObject([
      { kind: "closed", orderNo },
    ]);
  });

  it("an Alipay close leaves the payment open while the link works and no trade exists yet", async () => {
    const { expiresAt } = newPayment();
    const notExist = answer(refusal("ACQ.TRADE_NOT_EXIST"), "close");
    const said = await closed(expiresAt, notExist);
    expect(said).toEqual([{ kind: "open", orderNo, why: "link valid until 2025-11-23T14:00:00.400Z" }]);
    const { url } = await localServer(() => notExist);
    const ofCode = await openAlipay({ baseUrl: url, now: expiresAt }).close?.(payment({ scene: "qr" }));
    expect(ofCode).toEqual([{ kind: "open", orderNo, why: "code valid until 2025-11-23T14:00:00.400Z" }]);
  });

  it("an Alipay close succeeds once the link has expired without a trade", async () => {
    const after = clockAt(new Date(newPayment().expiresAt.getTime() + 1)).now();
    expect(await closed(after, answer(refusal("ACQ.TRADE_NOT_EXIST"), "close"))).toMatchObject([
      { kind: "closed" },
    ]);
  });

  it("an Alipay close that comes too late reports the trade's state", async () => {
    const late = answer(refusal("ACQ.TRADE_STATUS_ERROR"), "close");
    expect(await closed(createdAt, late, answer(trade()))).toEqual([paid]);
  });

  it("an Alipay close without a readable outcome is unknown", async () => {
    expect(await closed(createdAt, "reset")).toMatchObject([{ kind: "unknown", orderNo }]);
    expect(await closed(createdAt, answer(refusal("ACQ.SYSTEM_ERROR"), "close"))).toMatchObject([
      { kind: "unknown" },
    ]);
  });

  it("an Alipay close refused with an unlisted code is unknown and reports the code for an alarm", async () => {
    const said = await closed(createdAt, answer(refusal("ACQ.NEW_REASON"), "close"));
    expect(said).toEqual([
      { kind: "unknown", orderNo, why: "Alipay: ACQ.NEW_REASON", unlisted: "ACQ.NEW_REASON" },
    ]);
  });
});

describe("Alipay notices", () => {
  const parsed = (changes: Record<string, string>, own: Parameters<typeof openAlipay>[0] = {}) =>
    openAlipay(own).parseWebhook({ body: noticeBody(notice(changes)), headers: {} }, appId);

  it("an Alipay notice of a payment gives a paid event", async () => {
    for (const trade_status of ["TRADE_SUCCESS", "TRADE_FINISHED"]) {
      expect(await parsed({ trade_status }, { seller_id: sellerId })).toEqual({
        eventId: notice().notify_id,
        eventType: trade_status,
        events: [paid],
      });
    }
  });

  it.each([
    ["another application", { app_id: "2021999999999999" }, {}, "2021999999999999"],
    ["another seller", { seller_id: "2088000000000000" }, { seller_id: sellerId }, "2088000000000000"],
    ["an unnamed seller", { seller_id: "" }, { seller_id: sellerId }, "unnamed seller"],
  ])("an Alipay notice of %s keeps that account", async (_title, changes, own, account) => {
    expect((await parsed(changes, own)).events).toEqual([{ ...paid, account }]);
  });

  const otherSeller = { seller_id: "2088000000000000" };
  it.each([
    [
      "of a partial refund",
      { refund_fee: "2.30", gmt_refund: "2025-11-23 21:00:00.123", out_biz_no: "R1" },
      230,
    ],
    ["of a second refund, with Alipay's total", { refund_fee: "4.60", out_biz_no: "R2" }, 460],
    ["of a refund in the console", { refund_fee: "12.30", trade_status: "TRADE_CLOSED" }, 1230],
  ])(
    "an Alipay notice %s gives the payment, which we may have missed, and the total refunded",
    async (_title, changes, minor) => {
      expect((await parsed(changes)).events).toEqual([
        paid,
        { kind: "refundedTotal", orderNo, tradeNo, total: { minor, currency: "CNY" } },
      ]);
    },
  );

  it("an Alipay notice of a refund of another seller's trade changes none of our payments", async () => {
    const others: Record<string, string>[] = [
      { refund_fee: "2.30", ...otherSeller },
      { refund_fee: "12.30", trade_status: "TRADE_CLOSED", app_id: "2021999999999999" },
    ];
    for (const changes of others) {
      expect((await parsed(changes, { seller_id: sellerId })).events).toEqual([
        { kind: "unrecognised", said: "a refund of another account" },
      ]);
    }
    const closed = await parsed({ trade_status: "TRADE_CLOSED", ...otherSeller }, { seller_id: sellerId });
    expect(closed.events).toEqual([{ ...paid, account: otherSeller.seller_id }]);
  });

  it.each([
    ["TRADE_CLOSED unpaid", { trade_status: "TRADE_CLOSED", gmt_payment: "" }, ["closed"]],
    ["TRADE_CLOSED paid", { trade_status: "TRADE_CLOSED" }, ["paid", "refundedTotal"]],
    [
      "TRADE_CLOSED of another application",
      { trade_status: "TRADE_CLOSED", gmt_payment: "", app_id: "2021999999999999" },
      ["unrecognised"],
    ],
    ["WAIT_BUYER_PAY", { trade_status: "WAIT_BUYER_PAY" }, ["ignored"]],
    ["a new status", { trade_status: "TRADE_NEW" }, ["unrecognised"]],
    ["a refund without its amount", { gmt_refund: "2025-11-23 21:00:00" }, ["paid", "unrecognised"]],
    ["a refund without a payment time", { refund_fee: "2.30", gmt_payment: "" }, ["refundedTotal"]],
    ["an unreadable amount", { total_amount: "12.300" }, ["unrecognised"]],
    ["another kind of notice", { notify_type: "open_app_auth_notify" }, ["ignored"]],
  ])("an Alipay notice with %s gives $2", async (_title, changes, kinds) => {
    expect((await parsed(changes)).events.map(({ kind }) => kind)).toEqual(kinds);
  });

  // Alipay's own sample (docs.open.alipay.com/204/105301) is a TRADE_SUCCESS with refund_fee=0.00 and gmt_close.
  const zero = { refund_fee: "0.00", gmt_close: "2025-11-23 22:00:00" };
  it.each([
    ["a payment", zero, ["paid"]],
    ["a finished payment", { ...zero, trade_status: "TRADE_FINISHED" }, ["paid"]],
    ["an unpaid close", { ...zero, trade_status: "TRADE_CLOSED", gmt_payment: "" }, ["closed"]],
    [
      "an unpaid close with one digit",
      { ...zero, refund_fee: "0", trade_status: "TRADE_CLOSED", gmt_payment: "" },
      ["closed"],
    ],
    [
      "an unpaid close beside empty refund members",
      { ...zero, trade_status: "TRADE_CLOSED", gmt_payment: "", gmt_refund: "", out_biz_no: "" },
      ["closed"],
    ],
    ["a buyer who has not paid", { ...zero, trade_status: "WAIT_BUYER_PAY", gmt_payment: "" }, ["ignored"]],
    ["a close of a paid trade", { ...zero, trade_status: "TRADE_CLOSED" }, ["paid", "refundedTotal"]],
    ["a refund of one fen", { ...zero, refund_fee: "0.01" }, ["paid", "refundedTotal"]],
  ])("an Alipay notice with a refund_fee of zero reports no refund: %s", async (_title, changes, kinds) => {
    expect((await parsed(changes)).events.map(({ kind }) => kind)).toEqual(kinds);
  });

  // The parameters of docs.open.alipay.com/203/105286 and 194/103296, filled as notices shown in public are.
  it("an Alipay notice is read with every member that real ones carry", async () => {
    const members = {
      auth_app_id: appId,
      buyer_id: "2088102116773037",
      buyer_open_id: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",
      buyer_logon_id: "159****5620",
      seller_email: "zhuzhanghu@alitest.com",
      receipt_amount: "12.30",
      invoice_amount: "12.30",
      buyer_pay_amount: "11.30",
      point_amount: "0.00",
      gmt_create: "2025-11-23 20:00:44",
      gmt_close: "2025-11-23 22:00:00",
      fund_bill_list:
        '[{"amount":"11.30","fundChannel":"ALIPAYACCOUNT"},{"amount":"1.00","fundChannel":"MCOUPON"}]',
      voucher_detail_list:
        '[{"amount":"1.00","merchantContribute":"0.40","name":"5折券","otherContribute":"0.60","type":"ALIPAY_FIX_VOUCHER","memo":"a=b"}]',
      passback_params: "merchantBizType%3d3C%26merchantBizNo%3d2016010101111",
      out_channel_type: "ALIPAY",
      charge_amount: "0.02",
      charge_flags: "bluesea_1",
      settlement_id: "2018101610032004620239146945",
      mdiscount_amount: "0.40",
      discount_amount: "0.60",
      refund_fee: "0.00",
    };
    expect((await parsed(members)).events).toEqual([paid]);
  });

  it("an Alipay notice without an id is malformed", async () => {
    await expect(parsed({ notify_id: "" })).rejects.toMatchObject({ failure: "notification_malformed" });
  });
});

describe("Alipay messages", () => {
  it("events and errors of Alipay's adapter contain no key, signature or link", async () => {
    const server = await localServer((_call, count) => (count === 1 ? { body: "canary-answer" } : "reset"));
    const adapter = openAlipay({ baseUrl: server.url });
    const said = [
      await adapter.fetchPayment(payment()),
      await adapter.close?.(payment()),
      await adapter
        .parseWebhook({ body: Buffer.from("sign=canary-sign&sign_type=RSA2"), headers: {} }, appId)
        .catch(everythingOf),
    ];
    const text = JSON.stringify(said);
    for (const secret of ["canary", "sign=", rawCredentials.private_key.slice(40, 80)])
      expect(text).not.toContain(secret);
  });
});
