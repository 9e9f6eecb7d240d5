import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kits, providerNames } from "../kits/kits.ts";
import type { Attempt } from "./attempt.ts";
import { checksums } from "./checksums.ts";
import { openSetup, type Setup } from "./open-setup.ts";
import { attacked } from "./requests.ts";
import { emptyTally, runAttack } from "./run-attack.ts";
import { send } from "./send.ts";
import { canaries } from "./targets.ts";

let setup: Setup;

beforeAll(async () => {
  setup = await openSetup();
});
afterAll(() => setup.stop());

const ask = (input: Pick<Attempt, "method" | "target"> & Partial<Attempt>) =>
  send({ kind: "", headers: {}, body: Buffer.alloc(0), ...input }, "192.0.2.1", setup.world);

describe("what everybody may do: replay genuine webhooks, or cause an earlier poll", () => {
  /** Columns that may change: the count of an event's arrivals, and the time of an order's next poll. */
  const harmless = { webhook_events: "times", payment_orders: "next_poll_at" };

  it("a genuine webhook that is replayed to its own config is acknowledged and only counted", async () => {
    const before = await checksums(setup.rows, harmless);
    const { deliveries } = setup.targets.victim;
    expect(new Set(deliveries.map(({ provider }) => provider)).size).toBe(providerNames.length);
    for (const { provider, configId, headers, body } of deliveries) {
      const target = `/api/v1/public/notify/${provider}/${configId}`;
      expect((await ask({ method: "POST", target, headers, body }))?.status).toBeLessThan(300);
    }
    expect(await checksums(setup.rows, harmless)).toEqual(before);
  });

  it("the return page of an open order shows none of the merchant's texts", async () => {
    const open = setup.targets.victim.orders.filter(({ status }) => /pending|processing/.test(status));
    const before = await checksums(setup.rows, harmless);
    const pages = await Promise.all(
      open.map(({ provider, orderNo }) =>
        ask({ method: "GET", target: `/api/v1/public/return/${provider}/${orderNo}` }),
      ),
    );
    expect(pages.map((page) => page?.status)).toEqual(open.map(() => 200));
    const shown = pages.map((page) => String(page?.body)).join();
    for (const { orderNo } of open) expect(shown).toContain(orderNo);
    for (const canary of Object.values(canaries)) expect(shown).not.toContain(canary);
    expect(await checksums(setup.rows, harmless)).toEqual(before);
  });
});

describe("an outsider who knows everything except the secrets", () => {
  it.each(attacked)("an outsider without secrets changes nothing and learns nothing: %s", async (entry) => {
    const before = await checksums(setup.rows);
    const tally = emptyTally();
    await runAttack(setup, { seed: 1, from: 0, requests: 300, only: [entry] }, tally);
    expect(tally).toMatchObject({ requests: 300, wrong: [] });
    expect(await checksums(setup.rows)).toEqual(before);
  });

  it("attack requests reach the signature and key checks instead of ending at limits or errors", async () => {
    const tally = emptyTally();
    await runAttack(setup, { seed: 2, from: 0, requests: 2_000 }, tally);
    const [reached, limited] = [[...tally.byReason.keys()].join("\n"), tally.byStatus.get(429) ?? 0];
    for (const { forger } of Object.values(kits))
      for (const reason of forger.reasons) expect(reached).toContain(reason);
    expect(limited).toBeLessThan(100);
  });

  it("the attack sends the same requests again under the same seed", async () => {
    const tallies = [emptyTally(), emptyTally()];
    for (const tally of tallies) await runAttack(setup, { seed: 3, from: 100, requests: 200 }, tally);
    expect(tallies[1]!.byKind).toEqual(tallies[0]!.byKind);
  });
});
