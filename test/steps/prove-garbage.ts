import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderName } from "../../scripts/sandbox/start-sandbox.ts";
import { type ApiAnswer, anOrder, type Data } from "./api.ts";
import { garbage } from "./garbage.ts";
import { type Garble, type GarbledProvider, openGarbledProvider } from "./garbled-provider.ts";
import { refundsOf } from "./paid-order.ts";
import { type SimulatorControl, simulatorOf, until } from "./simulator.ts";

/** Answers of one provider's own form that are wrong all the same, by the call that gets them. */
export type Wrong = {
  wanted: Data;
  create: [string, Garble][];
  look: [string, Garble][];
  refund: [string, Garble][];
};

/** Whatever a provider answers: nothing succeeds or fails by it, and the next honest answer puts everything right. */
export function proveGarbage(
  provider: ProviderName,
  { wanted, create, look, refund }: Wrong,
): () => GarbledProvider {
  let scene: GarbledProvider;
  let simulator: SimulatorControl;

  beforeAll(async () => {
    scene = await openGarbledProvider(provider);
    simulator = simulatorOf(scene.world, provider);
    await simulator.faults({ lose: true });
    // The first create of a config learns its account, and a token.
    expect((await created()).status).toBe(200);
  });
  afterAll(() => scene.stop());

  const created = (order: Data = anOrder({ provider, ...wanted })) => scene.api.create(order);
  const orderNoOf = ({ data }: ApiAnswer) => String(data.order_no);
  function expectNoSecret(said: ApiAnswer) {
    const text = JSON.stringify(said);
    for (const secret of Object.values(scene.shop.accounts[provider]!))
      if (secret.length > 20) expect(text).not.toContain(secret);
  }

  describe("a create that is answered with", () => {
    it.each([...garbage, ...create])(
      "%s is 504 / 2000 and stays processing; the next one resumes it",
      async (_what, garble) => {
        const order = anOrder({ provider, ...wanted });
        const { said, changed } = await scene.garbled(garble, () => created(order));
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

  describe("a look-up that is answered with", () => {
    let orderNo: string;
    beforeAll(async () => {
      const answer = await created();
      orderNo = orderNoOf(answer);
      if (provider === "paypal") await simulator.approve(orderNo);
      else await simulator.pay(answer.data);
    });

    it.each([...garbage, ...look])("%s is 200 with the stored row", async (_what, garble) => {
      await scene.world.passes(4);
      const { status, version, refunded_minor } = await scene.rows.order(orderNo);
      const { said, changed } = await scene.garbled(garble, () => scene.api.query(orderNo));
      expect(changed).toBeGreaterThan(0);
      expect(said).toMatchObject({ status: 200, data: { status, trade_no: "", payment_time: null } });
      expectNoSecret(said);
      expect(await scene.rows.order(orderNo)).toMatchObject({ status: "pending", version, refunded_minor });
      expect(await scene.rows.notifications(orderNo)).toEqual([]);
    });

    it("the truth at last succeeds", async () => {
      await until(async () => {
        await scene.world.passes(4);
        return (await scene.api.query(orderNo)).data.status === "success";
      });
    });
  });

  describe("a refund and its look-up that are answered with", () => {
    let orderNo: string;
    let count = 0;
    beforeAll(async () => {
      const answer = await created(anOrder({ provider, amount: "100.00", ...wanted }));
      orderNo = orderNoOf(answer);
      if (provider === "paypal") await simulator.approve(orderNo);
      else await simulator.pay(answer.data);
      await until(async () => {
        await scene.world.passes(4);
        return (await scene.api.query(orderNo)).data.status === "success";
      });
    });

    it.each([...garbage, ...refund])(
      "%s are 504 / 2003, then processing, and fail nothing",
      async (_what, garble) => {
        const refunds = refundsOf(scene.api);
        const order = { order_no: orderNo, refund_no: `r-${++count}`, amount: "0.5" };
        const before = await scene.rows.order(orderNo);
        const { said } = await scene.garbled(garble, () => refunds.ask(order));
        expect(said).toMatchObject({ status: 504, code: 2003 });
        expect(said.data).toBeUndefined();
        expectNoSecret(said);
        await scene.world.passes(15);
        const { said: looked } = await scene.garbled(garble, () => refunds.now(order.refund_no));
        expect(looked).toMatchObject({ status: "processing", amount: 0.5 });
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
