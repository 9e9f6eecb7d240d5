import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { anOrder, type Delivery } from "../steps/api.ts";
import { until } from "../steps/until.ts";
import { startTestStack, type TestStack } from "./test-stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

/** Two seconds early is too early; the last second before a due time is not, because clocks differ. */
const earlySeconds = 2;
const longestHopSeconds = 900;

async function payOne(provider: string): Promise<string> {
  const created = await stack.api().create(anOrder({ provider, currency: simulators[provider]!.currency }));
  await stack.simulator(provider).pay(created.data);
  return String(created.data.order_no);
}

const sweeps = () =>
  stack.log.filter((line) => line.startsWith("[sweep]") && line.includes('"swept"')).length;
const sentAt = ({ headers }: Delivery) => Number(headers["webhook-timestamp"]);

/** Waits until the only message in the queue is delayed; the server delivers a due message a moment late. */
const oneDelayed = () =>
  until(async () => {
    const { ready, delayed, inflight } = await stack.notifyQueue();
    const [next, ...more] = delayed;
    return ready.length + inflight.length + more.length === 0 && next && next.delayUntil > Date.now() && next;
  });

describe("merchants that answer 500", () => {
  it("a merchant that answers 500 gets 6 attempts, at 0 s and 60, 120, 300, 600, 1800 s after a failure", async () => {
    const api = stack.api();
    await api.inboxAnswers({ status: 500 });
    const orderNo = await payOne("stripe");
    const attempts = () => stack.notified(orderNo);
    await until(async () => (await attempts()).length === 1);

    for (const [failures, delay] of [60, 120, 300, 600, 1800].entries()) {
      for (let left = delay; left > 0; left -= Math.min(left, longestHopSeconds)) {
        const hop = Math.min(left, longestHopSeconds);
        const { delayUntil } = await oneDelayed();
        expect(delayUntil - Date.now()).toBeGreaterThan((hop - earlySeconds) * 1000);
        expect(delayUntil - Date.now()).toBeLessThanOrEqual((hop + 1) * 1000);
        await stack.passes(hop - earlySeconds);
        expect((await stack.notifyQueue()).delayed).toHaveLength(1);
        expect(await attempts()).toHaveLength(failures + 1);
        await stack.passes(earlySeconds);
      }
      await until(async () => (await attempts()).length === failures + 2);
    }

    await until(async () => (await api.query(orderNo)).data.notify_status === "exhausted");
    const times = (await attempts()).map(sentAt);
    const waits = times.slice(1).map((time, index) => time - times[index]!);
    for (const [index, least] of [60, 120, 300, 600, 1800].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(least - 1);
      expect(waits[index]).toBeLessThan(least + 30);
    }
    expect(new Set((await attempts()).map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    const timeline = await api.timeline(orderNo);
    expect(timeline.map(({ title }) => title).filter((title) => title.includes("attempt"))).toHaveLength(6);
    expect(await stack.notifyQueue()).toMatchObject({ ready: [], delayed: [], inflight: [] });
    await api.inboxAnswers({});
  });
});

describe("lost webhooks", () => {
  it.each(Object.keys(providers))(
    "a payment at %s whose webhooks are lost is found by a poll and notified",
    async (provider) => {
      const api = stack.api();
      await stack.simulator(provider).faults({ lose: true });
      const orderNo = await payOne(provider);
      await stack.simulator(provider).faults({});
      await until(async () => (await stack.pollQueue()).delayed.length > 0);
      await stack.passes(16);
      await until(async () => (await stack.notified(orderNo)).length === 1);
      expect(stack.host.processes().map(({ entry }) => entry)).toContain("poll");
      expect((await api.timeline(orderNo)).map(({ kind }) => kind)).toContain("look_up");
      expect((await api.query(orderNo)).data.status).toBe("success");
    },
  );
});

it("the sweep runs once a minute of the moved clock", async () => {
  const before = sweeps();
  await stack.passes(60);
  await until(async () => sweeps() === before + 1);
});
