import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { type ApiAnswer, anOrder, type Data } from "./api.ts";
import { type CorruptedProvider, type Corruption, openCorruptedProvider } from "./corrupted-provider.ts";
import { garbage } from "./garbage.ts";
import { refundsOf } from "./paid-order.ts";
import { type SimulatorControl, simulatorOf } from "./simulator.ts";
import { until } from "./until.ts";

/** Wrong responses in the provider's own format, by the call that receives them. */
export type Wrong = {
  input: Data;
  create: [string, Corruption][];
  fetchPayment: [string, Corruption][];
  refund: [string, Corruption][];
};

/** Tests that a garbage response never ends a payment or refund, and that the next valid response resumes it. */
export function proveGarbage(
  provider: ProviderName,
  { input, create, fetchPayment, refund }: Wrong,
): () => CorruptedProvider {
  let scene: CorruptedProvider;
  let simulator: SimulatorControl;

  beforeAll(async () => {
    scene = await openCorruptedProvider(provider);
    simulator = simulatorOf(scene.world, provider);
    await simulator.faults({ lose: true });
    // The first create with a config also fetches the provider account and a token, which the tests must not corrupt.
    expect((await created()).status).toBe(200);
  });
  afterAll(() => scene.stop());

  const created = (order: Data = anOrder({ provider, ...input })) => scene.api.create(order);
  const orderNoOf = ({ data }: ApiAnswer) => String(data.order_no);
  function expectNoSecret(said: ApiAnswer) {
    const text = JSON.stringify(said);
    for (const secret of Object.values(scene.shop.accounts[provider]!))
      if (secret.length > 20) expect(text).not.toContain(secret);
  }

  describe(`${provider} creates with garbage responses`, () => {
    it.each([...garbage, ...create])(
      `a create answered by ${provider} with %s returns 504 / 2000, and the next one resumes it`,
      async (_what, corrupt) => {
        const order = anOrder({ provider, ...input });
        const { said, changed } = await scene.corrupted(corrupt, () => created(order));
        expect(changed).toBeGreaterThan(0);
        expect(said).toMatchObject({ status: 504, code: 2000, order_no: expect.stringMatching(/^UNI/) });
        expect(said.data).toBeUndefined();
        expect(said.headers.get("retry-after")).toBe("2");
        expectNoSecret(said);
        expect(await scene.rows.order(said.order_no)).toMatchObject({ status: "processing", payable: null });
        const again = await created(order);
        expect(again).toMatchObject({ status: 200, data: { order_no: said.order_no, status: "pending" } });
      },
    );
  });

  describe(`${provider} fetches with garbage responses`, () => {
    let orderNo: string;
    beforeAll(async () => {
      const answer = await created();
      orderNo = orderNoOf(answer);
      await simulator.pay(answer.data);
    });

    it.each([...garbage, ...fetchPayment])(
      `a fetch answered by ${provider} with %s leaves the stored payment`,
      async (_what, corrupt) => {
        await scene.world.passes(4);
        const { status, version, refunded_minor } = await scene.rows.order(orderNo);
        const { said, changed } = await scene.corrupted(corrupt, () => scene.api.query(orderNo));
        expect(changed).toBeGreaterThan(0);
        expect(said).toMatchObject({ status: 200, data: { status, trade_no: "", payment_time: null } });
        expectNoSecret(said);
        expect(await scene.rows.order(orderNo)).toMatchObject({ status: "pending", version, refunded_minor });
        expect(await scene.rows.notifications(orderNo)).toEqual([]);
      },
    );

    it(`a payment through ${provider} succeeds once a fetch after the garbage gets a valid response`, async () => {
      await until(async () => {
        await scene.world.passes(4);
        return (await scene.api.query(orderNo)).data.status === "success";
      });
    });
  });

  describe(`${provider} refunds with garbage responses`, () => {
    let orderNo: string;
    let count = 0;
    beforeAll(async () => {
      const answer = await created(anOrder({ provider, amount: "100.00", ...input }));
      orderNo = orderNoOf(answer);
      await simulator.pay(answer.data);
      await until(async () => {
        await scene.world.passes(4);
        return (await scene.api.query(orderNo)).data.status === "success";
      });
    });

    it.each([...garbage, ...refund])(
      `a refund and its fetch answered by ${provider} with %s return 504 / 2003, then processing`,
      async (_what, corrupt) => {
        const refunds = refundsOf(scene.api);
        const order = { order_no: orderNo, refund_no: `r-${++count}`, amount: "0.5" };
        const before = await scene.rows.order(orderNo);
        const { said } = await scene.corrupted(corrupt, () => refunds.ask(order));
        expect(said).toMatchObject({ status: 504, code: 2003 });
        expect(said.data).toBeUndefined();
        expectNoSecret(said);
        await scene.world.passes(15);
        const { said: fetched } = await scene.corrupted(corrupt, () => refunds.now(order.refund_no));
        expect(fetched).toMatchObject({ status: "processing", amount: 0.5 });
        expect(await scene.rows.order(orderNo)).toMatchObject({
          status: "success",
          refunded_minor: before.refunded_minor,
        });
        await scene.world.passes(15);
        expect((await refunds.now(order.refund_no)).status).toMatch(/^(processing|success)$/);
      },
    );
  });
  return () => scene;
}
