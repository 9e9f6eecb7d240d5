import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GatewayError } from "../../lib/errors.ts";
import { readAmount } from "../../lib/http/read-amount.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { Caller } from "../../lib/payment/ports.ts";
import type { Ends, Fault } from "../../lib/payment/refusal.ts";
import { createRefund } from "../../lib/refund/create-refund.ts";
import { recheckRefund } from "../../lib/refund/look-refund.ts";
import type { Refund, RefundOutcome } from "../../lib/refund/refund.ts";
import { withAdapter } from "../steps/adapters.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { settledPayment } from "../steps/leased-order.ts";
import { aRefundNo } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let caller: Caller;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("alipay", "stripe");
  gateway = anotherGateway();
  caller = await gateway.authenticate(shop.apiKey, "refund");
});
afterAll(async () => {
  await gateway.close();
  await rows.close();
  await world.stop();
});

const aPayment = () => settledPayment(gateway, shop);

type Asked = Pick<Refund, "idempotencyKey" | "prepared" | "providerRefundNo">;

/** A provider that knows no refund when it is asked about one, and answers like this when it is to make one, in turn. */
function answering(...answers: (RefundOutcome | Error)[]) {
  const asked: Asked[] = [];
  const refund = async (_: Payment, { idempotencyKey, prepared, providerRefundNo }: Refund) => {
    asked.push({ idempotencyKey, prepared, providerRefundNo });
    const answer = answers[Math.min(asked.length, answers.length) - 1]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const lookRefund = async (): Promise<RefundOutcome> => ({ kind: "missing", why: "no such refund" });
  return { asked, using: withAdapter(gateway, () => ({ refund, lookRefund })) };
}

const refused = (fault: Fault, ends: Ends): RefundOutcome => {
  return { kind: "refused", error: { code: "CODE", message: "no" }, fault, ends, listed: true };
};
const unknown: RefundOutcome = { kind: "unknown", why: "time-out" };

const wantedOf = ({ orderNo }: Payment, refundNo = aRefundNo()) => {
  return { order: { orderNo }, refundNo, amount: "5.00", reason: "" };
};
type Wanted = ReturnType<typeof wantedOf>;
const ask = (using: Gateway, wanted: Wanted) =>
  createRefund(using, caller, wanted, readAmount).catch((error) => error);
const stored = async ({ refundNo }: Wanted) => (await gateway.refunds.find(shop.userId, refundNo))!;

describe("a refund that is asked for again", () => {
  it.each([
    ["a merchant's refusal that is listed", refused("merchant", "nothing")],
    ["a refusal that ends this try", refused("provider", "try")],
    ["a merchant's refusal that ends this try", refused("merchant", "try")],
  ])("after %s has a new key, the same number and the same bytes", async (_name, answer) => {
    const { using, asked } = answering(answer);
    const wanted = wantedOf(await aPayment());
    await ask(using, wanted);
    await world.passes(4);
    await ask(using, wanted);
    const [first, second] = asked;
    expect(second).toEqual({ ...first, idempotencyKey: expect.any(String) });
    expect(second!.idempotencyKey).not.toBe(first!.idempotencyKey);
    expect((await stored(wanted)).refund.idempotencyKey).not.toBe(second!.idempotencyKey);
  });

  it.each([
    ["no answer", unknown],
    ["an unlisted code", { ...unknown, unlisted: "UNHEARD_OF" }],
    ["a refusal of the provider's that ends nothing", refused("provider", "nothing")],
    ["an adapter that threw", new TypeError("a defect")],
  ])("after %s is the same to the last byte", async (_name, answer) => {
    const { using, asked } = answering(answer);
    const payment = await aPayment();
    const wanted = wantedOf(payment);
    expect(await ask(using, wanted)).toMatchObject({ details: { orderNo: payment.orderNo } });
    await world.passes(4);
    await ask(using, wanted);
    expect(asked[1]).toEqual(asked[0]);
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "500" });
  });

  it("after a refusal keeps its key while an earlier call may still have made it", async () => {
    const { using, asked } = answering(unknown, refused("merchant", "nothing"));
    const wanted = wantedOf(await aPayment());
    for (let call = 0; call < 3; call++) {
      await ask(using, wanted);
      await world.passes(4);
    }
    expect(new Set(asked.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    // The provider knows no such refund a minute later: that call has made nothing.
    await world.passes(61);
    await ask(using, wanted);
    await world.passes(4);
    await ask(using, wanted);
    expect(new Set(asked.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
  });

  it("by a merchant who asks every few seconds gets its new key all the same once a minute is over", async () => {
    const { using, asked } = answering(unknown, refused("merchant", "nothing"));
    const wanted = wantedOf(await aPayment());
    for (let call = 0; call < 20; call++) {
      await ask(using, wanted);
      await world.passes(4);
    }
    expect(new Set(asked.map(({ idempotencyKey }) => idempotencyKey)).size).toBeGreaterThan(1);
  });

  it("after a refusal goes out under the new key by the poll, too", async () => {
    const { using, asked } = answering(refused("merchant", "nothing"), { kind: "refunded", refundId: "re" });
    const payment = await aPayment();
    const wanted = wantedOf(payment);
    await ask(using, wanted);
    await world.passes(16);
    const { refund } = await stored(wanted);
    await recheckRefund(using, { userId: shop.userId, refundId: refund.id, due: world.clock.now() });
    expect(asked).toHaveLength(2);
    expect(asked[1]!.idempotencyKey).toBe(refund.idempotencyKey);
    expect(await rows.order(payment.orderNo)).toMatchObject({ refunded_minor: "500" });
  });
});

describe("a code of a refund that is not in the provider's table", () => {
  it("keeps the reservation, is never called a refusal, and is told to a person once", async () => {
    const unlisted = `NEW_${aRefundNo()}`;
    const { using } = answering({ ...unknown, unlisted });
    const payment = await aPayment();
    const wanted = wantedOf(payment);
    const error = await ask(using, wanted);
    expect(error).toMatchObject({ failure: "refund_unknown" });
    expect(error.message).not.toMatch(/new|another/);
    await world.passes(4);
    await ask(using, wanted);
    expect(await stored(wanted)).toMatchObject({ refund: { status: "unknown" } });
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "500" });
    const raised = await rows.query(
      "SELECT times, detail FROM anomalies WHERE kind = 'unlisted_refusal' AND detail LIKE ?",
      [`%${unlisted}%`],
    );
    expect(raised).toMatchObject([{ times: 1 }]);
    expect(JSON.parse(String(raised[0]!.detail))).toMatchObject({ call: "refund", code: unlisted });
  });
});

describe("a refund whose caller has lost its lease", () => {
  const losing = (answer: RefundOutcome) => {
    const refund = async (payment: Payment, { id }: Refund) => {
      await world.passes(21);
      const { refund: current } = (await gateway.refunds.byId(shop.userId, id))!;
      const now = world.clock.now();
      await gateway.refunds.takeOver(
        { refund: current, payment, request: "", leaseUntil: now, nextQueryAt: now },
        { leaseToken: "another", leaseUntil: new Date(now.getTime() + 20_000), nextQueryAt: now, now },
      );
      return answer;
    };
    return withAdapter(gateway, () => ({ refund }));
  };

  it.each([
    ["a final refusal", refused("buyer", "subject")],
    ["a failure", { kind: "failed", refundId: "re", error: { code: "x", message: "x" } }],
    ["a success", { kind: "refunded", refundId: "re" }],
    ["a refusal of the merchant's", refused("merchant", "nothing")],
    ["no answer", unknown],
  ] as const)("writes nothing of its answer: %s", async (_name, answer) => {
    const payment = await aPayment();
    const wanted = wantedOf(payment);
    const answered = await ask(losing(answer), wanted);
    expect((await stored(wanted)).refund).toMatchObject({ status: "processing", refundId: "" });
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "500" });
    // Told to use a new number, a merchant would give the money back twice.
    expect(String(answered.message ?? "")).not.toMatch(/new refund_no/);
  });
});

describe("a refund whose config cannot be opened any more", () => {
  const withoutConfig = (): Gateway => {
    const of = () =>
      Promise.reject(new GatewayError("config_not_found", "no config speaks for this account"));
    return { ...gateway, configs: { ...gateway.configs, of } };
  };
  const stuckOf = ({ orderNo }: Payment) =>
    rows.query("SELECT status FROM anomalies WHERE kind = 'refund_stuck' AND order_no = ?", [orderNo]);

  it("is told to a person after a day", async () => {
    const { using } = answering(unknown);
    const payment = await aPayment();
    const wanted = wantedOf(payment);
    await ask(using, wanted);
    const { refund } = await stored(wanted);
    const retired = withoutConfig();
    for (const seconds of [60, 86_400]) {
      await world.passes(seconds);
      await recheckRefund(retired, { userId: shop.userId, refundId: refund.id, due: world.clock.now() });
    }
    expect(await stuckOf(payment)).toMatchObject([{ status: "open" }]);
    expect(await stored(wanted)).toMatchObject({
      refund: { status: "unknown" },
      nextQueryAt: expect.any(Date),
    });
  });

  it("is told to a person where a late word contradicts its end", async () => {
    const { using } = answering({ kind: "refunded", refundId: "re" });
    const payment = await aPayment();
    const wanted = wantedOf(payment);
    await ask(using, wanted);
    const { refund } = await stored(wanted);
    await world.passes(20 * 86_400);
    await gateway.refunds.makeDue(refund, world.clock.now());
    await recheckRefund(withoutConfig(), {
      userId: shop.userId,
      refundId: refund.id,
      due: world.clock.now(),
    });
    expect(await stuckOf(payment)).toMatchObject([{ status: "open" }]);
  });
});

describe("asking for a refund", () => {
  it("reserves nothing where the adapter throws while it prepares the request", async () => {
    const payment = await aPayment();
    const throwing = withAdapter(gateway, () => ({
      prepareRefund() {
        throw new RangeError("a defect");
      },
    }));
    const wanted = wantedOf(payment);
    expect(await ask(throwing, wanted)).toBeInstanceOf(RangeError);
    expect(await rows.order(payment.orderNo)).toMatchObject({ refund_reserved_minor: "0" });
    expect(await gateway.refunds.find(shop.userId, wanted.refundNo)).toBeNull();
  });
});
