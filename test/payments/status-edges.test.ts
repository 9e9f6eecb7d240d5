import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import {
  isFinal,
  type PaymentState,
  paymentStates,
  publicStatus,
  stateEdges,
} from "../../lib/domain/payment-state.ts";
import type { Leased } from "../../lib/domain/provider-request.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { claimCapture, endCapture } from "../../lib/storage/payments/captures.ts";
import {
  claimClose,
  closeOrFail,
  endClose,
  markInTransit,
} from "../../lib/storage/payments/close-or-fail.ts";
import {
  providerRequestRow,
  recordCreated,
  recordRefused,
  releaseCreateLease,
  takeCreateLease,
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
const captureKey = randomUUID();
const now = () => world.clock.now();
const release = (leased: Leased, newKey?: string) =>
  releaseCreateLease(gateway.db, leased, { why: "test", now: now(), nextPollAt: now(), newKey });

const end = (to: "failed" | "closed") => async (leased: Leased) => {
  await providerRequestRow(gateway.db, leased).set({ lease_until: now() }).execute();
  await closeOrFail(gateway.db, leased.payment, to, { said: saidOf(leased.payment), now: now() });
};

/** Every storage function that moves a payment into a state, with the states that it moves from if not all may. */
type Way = { move: (leased: Leased) => Promise<unknown>; from?: PaymentState[] };
const ways: Record<PaymentState, Record<string, Way>> = {
  created: { releaseCreateLease: { move: (leased) => release(leased, randomUUID()), from: ["requested"] } },
  requested: {
    takeCreateLease: {
      move: ({ payment }) =>
        takeCreateLease(gateway.db, payment, {
          ...{ leaseToken: randomUUID(), leaseUntil: secondsAfter(now(), 90), now: secondsAfter(now(), 60) },
        }),
    },
  },
  requested_unknown: { releaseCreateLease: { move: (leased) => release(leased) } },
  payable: {
    recordCreated: {
      move: (leased) => recordCreated(gateway.db, leased, aLink(leased.payment), now()),
      from: ["requested"],
    },
    endClose: { move: ({ payment }) => endClose(gateway.db, payment), from: ["closing"] },
    endCapture: {
      move: ({ payment }) =>
        endCapture(gateway.db, { ...payment, captureKey }, { why: "test", now: now(), nextPollAt: now() }),
      from: ["capturing"],
    },
  },
  closing: { claimClose: { move: ({ payment }) => claimClose(gateway.db, payment) } },
  capturing: {
    claimCapture: {
      move: ({ payment }) =>
        claimCapture(gateway.db, payment, {
          ...{ ...accountOf(payment), key: captureKey, until: now(), nextPollAt: now(), now: now() },
        }),
    },
  },
  in_transit: {
    markInTransit: { move: ({ payment }) => markInTransit(gateway.db, payment, saidOf(payment), now()) },
  },
  // No scene charges a buyer's code yet.
  charging: {},
  reversing: {},
  failed: {
    recordRefused: {
      move: (leased) => recordRefused(gateway.db, leased, words, { now: now() }),
      from: ["requested"],
    },
    closeOrFail: { move: end("failed") },
  },
  closed: { closeOrFail: { move: end("closed") } },
  paid: { settle: { move: ({ payment }) => settleByPoll(gateway, payment) } },
};

const allowed = (from: PaymentState, to: PaymentState) =>
  (stateEdges[from] as readonly PaymentState[]).includes(to);
const pairs = paymentStates.flatMap((from) =>
  paymentStates.flatMap((to) =>
    Object.entries(ways[to]).map(([way, { move, from: origins }]) => {
      const may = allowed(from, to) && (origins ?? [from]).includes(from);
      return { from, to, way, move, may, outcome: may ? "moves" : "does not move" };
    }),
  ),
);

describe("edges of the payment states", () => {
  it.each(pairs.filter(({ from, to }) => from !== to))(
    "$way $outcome a payment from $from to $to",
    async ({ from, to, way, move, may }) => {
      const leased = await leasedOrder(gateway, shop, from);
      if (from === "capturing" || from === "in_transit")
        await orderRow(gateway, leased.payment).set({ capture_key: captureKey }).execute();
      await move(leased);
      const [row] = await storedOrders(leased.payment.outTradeNo);
      expect(row!.state).toBe(may ? to : from);
      expect(row!.status).toBe(publicStatus[may ? to : from]);
      const [before, after] = [publicStatus[from], publicStatus[to]];
      const isVisible = may && before !== after;
      expect(await storedMoves(row!.id)).toEqual(isVisible ? [`${before}>${after}`] : []);
      expect(row!.version).toBe(isVisible || (may && way === "claimCapture") ? 2 : 1);
      const isLate = may && to === "paid" && (from === "failed" || from === "closed");
      expect(row!.late_success).toBe(isLate ? 1 : 0);
      expect(row!.paid_from).toBe(may && to === "paid" ? from : null);
    },
  );

  it.each(pairs.filter(({ from, to }) => from === to && isFinal(publicStatus[from])))(
    "$way does not move a payment that is $from already",
    async ({ from, move }) => {
      const leased = await leasedOrder(gateway, shop, from);
      await move(leased);
      expect((await storedOrders(leased.payment.outTradeNo))[0]).toMatchObject({ state: from, version: 1 });
    },
  );

  it("a final payment state leads only to paid, and paid leads nowhere", () => {
    expect(stateEdges).toMatchObject({ failed: ["paid"], closed: ["paid"], paid: [] });
  });

  it("every edge of the payment states has a storage function that takes it", () => {
    const edges = paymentStates.flatMap((from) =>
      stateEdges[from].filter((to) => Object.keys(ways[to]).length > 0).map((to) => `${from}>${to}`),
    );
    const walked = pairs.filter(({ may }) => may).map(({ from, to }) => `${from}>${to}`);
    expect(new Set(walked)).toEqual(new Set(edges));
  });
});
