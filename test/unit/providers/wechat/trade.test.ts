import { describe, expect, it } from "vitest";
import { secondsAfter } from "../../../../lib/clock.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt, everythingOf, newPayment, orderNo, payment } from "../payments.ts";
import {
  answer,
  apiV3Key,
  appId,
  certificateMode,
  mchId,
  noticeCall,
  openWechat,
  paid,
  rawCredentials,
  refusal,
  transaction,
} from "./merchant.ts";

const unpaid = (trade_state: string) =>
  transaction({ trade_state, transaction_id: "", success_time: "", amount: { total: 1230 } });

describe("WeChat Pay fetchPayment", () => {
  const fetched = async (reply: Reply) => {
    const server = await localServer(() => reply);
    return openWechat({ baseUrl: server.url }).fetchPayment(payment());
  };

  it("WeChat Pay's fetchPayment queries by our number", async () => {
    const server = await localServer(() => answer(transaction()));
    await openWechat({ baseUrl: server.url }).fetchPayment(payment());
    expect(server.calls).toMatchObject([
      { method: "GET", path: `/v3/pay/transactions/out-trade-no/${orderNo}?mchid=${mchId}`, body: "" },
    ]);
  });

  it.each([
    ["SUCCESS", {}, {}],
    ["another amount", { amount: { total: 1, currency: "CNY" } }, { amount: { minor: 1, currency: "CNY" } }],
    [
      "another currency",
      { amount: { total: 1, currency: "HKD" } },
      { amount: { minor: 1, currency: "HKD" } },
    ],
    ["no payment time", { success_time: undefined }, { paidAt: createdAt }],
    ["another merchant", { mchid: "1900000999" }, { account: "1900000999" }],
    ["another application", { appid: "wx0000000000000000" }, { account: "wx0000000000000000" }],
  ])("WeChat Pay's fetchPayment reports a payment: %s", async (_title, said, expected) => {
    expect(await fetched(answer(transaction(said)))).toEqual([{ ...paid, ...expected }]);
  });

  it("WeChat Pay's fetchPayment of a refunded order reports the payment and asks for a refetch", async () => {
    expect(await fetched(answer(transaction({ trade_state: "REFUND" })))).toEqual([
      paid,
      { kind: "refetch", orderNo, why: expect.any(String) },
    ]);
  });

  it.each([
    ["NOTPAY", answer(unpaid("NOTPAY")), "open"],
    ["USERPAYING", answer(unpaid("USERPAYING")), "open"],
    ["PAYERROR, which is one failed try", answer(unpaid("PAYERROR")), "open"],
    ["ACCEPT, which waits for the debit", answer(unpaid("ACCEPT")), "in_transit"],
    ["CLOSED", answer(unpaid("CLOSED")), "closed"],
    ["REVOKED", answer(unpaid("REVOKED")), "closed"],
    ["ORDER_NOT_EXIST", refusal(404, "ORDER_NOT_EXIST"), "missing"],
    ["SIGN_ERROR", refusal(401, "SIGN_ERROR"), "unknown"],
    ["FREQUENCY_LIMITED", refusal(429, "FREQUENCY_LIMITED"), "unknown"],
    ["SYSTEM_ERROR", refusal(500, "SYSTEM_ERROR"), "unknown"],
    ["an unsigned answer", { ...answer(transaction()), headers: {} }, "unknown"],
    ["an unsigned ORDER_NOT_EXIST", { ...refusal(404, "ORDER_NOT_EXIST"), headers: {} }, "unknown"],
    ["an unsigned ORDER_NOT_EXIST with 403", { ...refusal(403, "ORDER_NOT_EXIST"), headers: {} }, "unknown"],
    ["HTML", { body: "<html>" }, "unknown"],
    ["a broken connection", "reset", "unknown"],
    ["a new trade state", answer(unpaid("TELEPORTED")), "unrecognised"],
    [
      "paid with an amount of zero",
      answer(transaction({ amount: { total: 0, currency: "CNY" } })),
      "unrecognised",
    ],
    ["another order", answer(transaction({ out_trade_no: "UNI1" })), "unrecognised"],
    ["CLOSED of another merchant", answer({ ...unpaid("CLOSED"), mchid: "1900000999" }), "unrecognised"],
    ["paid without an amount", answer(transaction({ amount: { total: 1230 } })), "unrecognised"],
    [
      "paid in an unknown currency",
      answer(transaction({ amount: { total: 1, currency: "XYZ" } })),
      "unrecognised",
    ],
    ["paid without a transaction", answer(transaction({ transaction_id: "" })), "unrecognised"],
    ["a broken amount", answer(transaction({ amount: { total: 12.3, currency: "CNY" } })), "unrecognised"],
    ["an unreadable time", answer(transaction({ success_time: "2025-13-01" })), "unrecognised"],
    ["a list", answer([]), "unrecognised"],
    ["another refusal", refusal(400, "PARAM_ERROR"), "unrecognised"],
    ["a missing permission", refusal(403, "NO_AUTH"), "unknown"],
  ] satisfies [string, Reply, string][])(
    "WeChat Pay's fetchPayment maps %s to $2",
    async (_title, reply, kind) => {
      expect(await fetched(reply)).toEqual([expect.objectContaining({ kind })]);
    },
  );
});

describe("WeChat Pay close", () => {
  const closed = async (now: Date, ...replies: Reply[]) => {
    const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
    return openWechat({ baseUrl: server.url, now }).close?.(payment());
  };
  const at = (now: Date) => ({ at: now });

  it("a WeChat Pay close is confirmed by a signed, empty answer", async () => {
    const server = await localServer(() => answer(undefined, 204));
    const said = await openWechat({ baseUrl: server.url }).close?.(payment());
    expect(said).toEqual([{ kind: "closed", orderNo, why: expect.any(String) }]);
    const path = `/v3/pay/transactions/out-trade-no/${orderNo}/close`;
    expect(server.calls).toMatchObject([{ method: "POST", path, body: JSON.stringify({ mchid: mchId }) }]);
  });

  it("a WeChat Pay close is not confirmed by an unsigned empty answer", async () => {
    expect(await closed(createdAt, { status: 204 })).toMatchObject([{ kind: "unknown", orderNo }]);
  });

  it("a WeChat Pay close of a closed order succeeds", async () => {
    expect(await closed(createdAt, refusal(400, "ORDER_CLOSED"))).toMatchObject([
      { kind: "closed", orderNo },
    ]);
  });

  it.each(["ORDERPAID", "ORDER_PAID"])(
    "a WeChat Pay close that comes too late reports the order's state: %s",
    async (word) => {
      expect(await closed(createdAt, refusal(400, word), answer(transaction()))).toEqual([paid]);
    },
  );

  it.each(["INVALID_REQUEST", "RULE_LIMIT"])(
    "a WeChat Pay close that comes too soon leaves the order open: %s",
    async (word) => {
      expect(await closed(createdAt, refusal(403, word), answer(unpaid("NOTPAY")))).toEqual([
        { kind: "open", orderNo, why: `WeChat Pay does not close it yet: ${word}` },
      ]);
    },
  );

  it("a WeChat Pay close of an order that does not exist succeeds only after the order has expired", async () => {
    const { expiresAt } = newPayment();
    const missing = (now: Date) =>
      closed(now, answer({ code: "ORDER_NOT_EXIST", message: "" }, 404, at(now)));
    expect(await missing(expiresAt)).toMatchObject([{ kind: "missing", orderNo }]);
    expect(await missing(secondsAfter(expiresAt, 1))).toMatchObject([{ kind: "closed", orderNo }]);
  });

  it.each([
    ["SIGN_ERROR", refusal(401, "SIGN_ERROR")],
    ["SYSTEM_ERROR", refusal(500, "SYSTEM_ERROR")],
    ["a broken connection", "reset"],
  ] satisfies [string, Reply][])(
    "a WeChat Pay close without a readable outcome is unknown: %s",
    async (_title, reply) => {
      expect(await closed(createdAt, reply)).toMatchObject([{ kind: "unknown", orderNo }]);
    },
  );
});

describe("WeChat Pay probe", () => {
  const probed = async (reply: Reply, credentials: Record<string, string> = rawCredentials) => {
    const server = await localServer(() => reply);
    const said = await openWechat({ baseUrl: server.url, credentials }).probe?.();
    expect(server.calls[0]).toMatchObject({ method: "GET" });
    return said;
  };

  it("the WeChat Pay probe passes on a signed ORDER_NOT_EXIST", async () => {
    expect(await probed(refusal(404, "ORDER_NOT_EXIST"))).toBe(null);
  });

  it.each([
    ["a wrong key", { ...refusal(401, "SIGN_ERROR"), headers: {} }, /private_key.*serial_no.*mch_id/],
    ["an unsigned 403", { ...refusal(403, "ORDER_NOT_EXIST"), headers: {} }, /ORDER_NOT_EXIST/],
    ["a wrong merchant", refusal(400, "PARAM_ERROR"), /PARAM_ERROR.*mch_id/],
    ["no such merchant", refusal(404, "MCH_NOT_EXISTS"), /mch_id/],
    ["a missing permission", refusal(403, "NO_AUTH"), /not opened/],
    ["another reason", refusal(400, "NEW_REASON"), /NEW_REASON · a reason/],
    [
      "an answer signed by another key",
      answer({}, 404, { serial: "PUB_KEY_ID_9" }),
      /public key that the config lacks/,
    ],
    ["no answer", "reset", /127\.0\.0\.1/],
  ] satisfies [string, Reply, RegExp][])(
    "the WeChat Pay probe says what is wrong: %s",
    async (_title, reply, message) => {
      expect(await probed(reply)).toMatch(message);
    },
  );

  it("the WeChat Pay probe needs platform certificates if the config has no public key", async () => {
    const said = await probed(answer({}, 404, { serial: "AABB" }), certificateMode);
    expect(said).toMatch(/platform certificates/);
  });
});

describe("WeChat Pay messages", () => {
  it("events and errors of WeChat Pay's adapter contain no key, signature, payload or link", async () => {
    const server = await localServer((_call, count) =>
      count % 2 ? { body: "canary-answer", headers: { "wechatpay-signature": "canary-signature" } } : "reset",
    );
    const adapter = openWechat({ baseUrl: server.url });
    const forged = noticeCall({ canary: 1 }, { signing: { changes: { "wechatpay-nonce": "canary" } } });
    const unopened = noticeCall(
      {},
      { resource: { algorithm: "AEAD_AES_256_GCM", ciphertext: "canary", nonce: "x" } },
    );
    const said = [
      await adapter.fetchPayment(payment()),
      await adapter.close?.(payment()),
      await adapter.probe?.(),
      await adapter.createPayment(payment(), adapter.prepare(newPayment()), "key"),
      ...(await Promise.all(
        [forged, unopened].map((call) => adapter.parseWebhook(call, mchId).catch(everythingOf)),
      )),
    ];
    const text = JSON.stringify(said);
    expect(text).toContain("does not decrypt");
    for (const secret of ["canary", apiV3Key, "WECHATPAY2", appId, rawCredentials.private_key.slice(40, 80)])
      expect(text).not.toContain(secret);
  });
});
