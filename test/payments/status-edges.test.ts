import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PaymentStatus, paymentEdges, paymentStatuses } from "../../lib/domain/payment-status.ts";
import type { Leased } from "../../lib/domain/provider-request.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { claimCapture, endCapture } from "../../lib/storage/payments/captures.ts";
import { closeOrFail, markInTransit } from "../../lib/storage/payments/close-or-fail.ts";
import {
  recordCreated,
  recordRefused,
  releaseCreateLease,
} from "../../lib/storage/payments/provider-requests.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { accountOf, aLink, leasedOrder, orderRow, saidOf, settleByPoll } from "../steps/leased-order.ts";
import { storedMoves, storedOrders } from "../steps/ledgers.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop();
  gateway = anotherGateway();
});
afterAll(async () => {
  await gateway.close();
  await world.stop();
});

const words = { code: "refused", message: "no" };

const release = (leased: Leased) =>
  releaseCreateLease(gateway.db, leased, {
    why: "test",
    now: world.clock.now(),
    nextPollAt: world.clock.now(),
  });

/** Every storage function that moves a payment into a status. */
const moves: Record<PaymentStatus, Record<string, (leased: Leased) => Promise<unknown>>> = {
  pending: {
    recordCreated: (leased) => recordCreated(gateway.db, leased, aLink(leased.payment), world.clock.now()),
    async endCapture({ payment }) {
      const captureKey = randomUUID();
      await orderRow(gateway, payment).set({ capture_key: captureKey }).execute();
      const now = world.clock.now();
      await endCapture(gateway.db, { ...payment, captureKey }, { why: "test", now, nextPollAt: now });
    },
  },
  processing: {
    markInTransit: ({ payment }) => markInTransit(gateway.db, payment, saidOf(payment), world.clock.now()),
    claimCapture({ payment }) {
      const now = world.clock.now();
      return claimCapture(gateway.db, payment, {
        ...{ ...accountOf(payment), key: randomUUID(), until: now, nextPollAt: now },
        now,
      });
    },
  },
  failed: {
    refuse: (leased) => recordRefused(gateway.db, leased, words, { now: world.clock.now() }),
    async closeOrFail(leased) {
      await release(leased);
      await closeOrFail(gateway.db, leased.payment, "failed", {
        said: saidOf(leased.payment),
        now: world.clock.now(),
      });
    },
  },
  closed: {
    async closeOrFail(leased) {
      await release(leased);
      await closeOrFail(gateway.db, leased.payment, "closed", {
        said: saidOf(leased.payment),
        now: world.clock.now(),
      });
    },
  },
  success: { settle: ({ payment }) => settleByPoll(gateway, payment) },
};

const allowed = (from: PaymentStatus, to: PaymentStatus) =>
  (paymentEdges[from] as readonly PaymentStatus[]).includes(to);
/** Functions that store the outcome of a create, so they need a payment that has not left `processing`. */
const narrower: Record<string, readonly PaymentStatus[]> = {
  recordCreated: ["processing"],
  refuse: ["processing"],
};
const pairs = paymentStatuses.flatMap((from) =>
  paymentStatuses.flatMap((to) =>
    Object.keys(moves[to]).map((way) => {
      const may = allowed(from, to) && (narrower[way] ?? [from]).includes(from);
      return { from, to, way, may, outcome: may ? "moves" : "does not move" };
    }),
  ),
);

describe("edges of the payment statuses", () => {
  it.each(pairs)("$way $outcome a payment from $from to $to", async ({ from, to, way, may }) => {
    const leased = await leasedOrder(gateway, shop, from);
    await moves[to][way]!(leased);
    const [row] = await storedOrders(leased.payment.outTradeNo);
    expect(row!.status).toBe(may ? to : from);
    if (from !== to) expect(row!.version).toBe(may ? 2 : 1);
    expect(await storedMoves(row!.id)).toEqual(may ? [`${from}>${to}`] : []);
    expect(row!.late_success).toBe(
      may && to === "success" && (from === "failed" || from === "closed") ? 1 : 0,
    );
  });

  it("a final payment status leads only to success, and success leads nowhere", () => {
    expect(paymentEdges).toMatchObject({ failed: ["success"], closed: ["success"], success: [] });
  });

  it("every edge of the payment statuses has a storage function that takes it", () => {
    const edges = paymentStatuses.flatMap((from) => paymentEdges[from].map((to) => `${from}>${to}`));
    const walked = pairs.filter(({ may }) => may).map(({ from, to }) => `${from}>${to}`);
    expect(new Set(walked)).toEqual(new Set(edges));
  });
});
