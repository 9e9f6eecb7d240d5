import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attempt } from "./attempt.ts";
import { checksums } from "./checksums.ts";
import { canaries } from "./known.ts";
import { type Ground, openGround } from "./open-ground.ts";
import { attacked } from "./requests.ts";
import { emptyTally, runAttack } from "./run-attack.ts";
import { send } from "./send.ts";

let ground: Ground;

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.stop());

const ask = (wanted: Pick<Attempt, "method" | "target"> & Partial<Attempt>) =>
  send({ kind: "", headers: {}, body: Buffer.alloc(0), ...wanted }, "192.0.2.1", ground.world);

describe("what anybody may do: have true things said again, or looked up sooner", () => {
  /** How often an event came, and when an order will be looked up. */
  const harmless = { webhook_events: "times", payment_orders: "next_query_at" };

  it("a true event, sent again to where it belongs, is acknowledged and only counted", async () => {
    const before = await checksums(ground.rows, harmless);
    const { deliveries } = ground.known.victim;
    expect(new Set(deliveries.map(({ provider }) => provider)).size).toBe(4);
    for (const { provider, configId, headers, body } of deliveries) {
      const target = `/api/v1/public/notify/${provider}/${configId}`;
      expect((await ask({ method: "POST", target, headers, body }))?.status).toBeLessThan(300);
    }
    expect(await checksums(ground.rows, harmless)).toEqual(before);
  });

  it("the page of an open order says nothing in the merchant's words", async () => {
    const open = ground.known.victim.orders.filter(({ status }) => /pending|processing/.test(status));
    const before = await checksums(ground.rows, harmless);
    const pages = await Promise.all(
      open.map(({ provider, orderNo }) =>
        ask({ method: "GET", target: `/api/v1/public/return/${provider}/${orderNo}` }),
      ),
    );
    expect(pages.map((page) => page?.status)).toEqual(open.map(() => 200));
    const shown = pages.map((page) => String(page?.body)).join();
    for (const { orderNo } of open) expect(shown).toContain(orderNo);
    for (const canary of Object.values(canaries)) expect(shown).not.toContain(canary);
    expect(await checksums(ground.rows, harmless)).toEqual(before);
  });
});

describe("somebody outside who knows everything but the secrets", () => {
  it.each(attacked)("changes nothing and learns nothing: %s", async (entry) => {
    const before = await checksums(ground.rows);
    const tally = emptyTally();
    await runAttack(ground, { seed: 1, from: 0, requests: 300, only: [entry] }, tally);
    expect(tally).toMatchObject({ requests: 300, wrong: [] });
    expect(await checksums(ground.rows)).toEqual(before);
  });

  it("is asked for his key or refused by the signature: neither limits nor errors hide what is behind them", async () => {
    const tally = emptyTally();
    await runAttack(ground, { seed: 2, from: 0, requests: 2_000 }, tally);
    const [reached, limited] = [[...tally.byReason.keys()].join("\n"), tally.byStatus.get(429) ?? 0];
    for (const reason of [
      "the signature does not fit the notice",
      "the signature does not fit the event",
      "its signature does not fit",
      "paypal-cert-url is not PayPal's",
      "the notice has no notify_id",
    ])
      expect(reached).toContain(reason);
    expect(limited).toBeLessThan(100);
  });

  it("sends the same again under the same seed", async () => {
    const tallies = [emptyTally(), emptyTally()];
    for (const tally of tallies) await runAttack(ground, { seed: 3, from: 100, requests: 200 }, tally);
    expect(tallies[1]!.byKind).toEqual(tallies[0]!.byKind);
  });
});
