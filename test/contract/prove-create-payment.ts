import { expect, it } from "vitest";
import { GatewayError } from "../../lib/errors.ts";
import { providers } from "../../lib/providers/registry.ts";
import { safeChecks } from "../../scripts/sandbox-check/safe-checks.ts";
import { startProviderProxy } from "../steps/provider-proxy.ts";
import { buyerPays, created, order, rowsOf, type Subject, withFaults } from "./subject.ts";

/** Proves how a payment is created, for every scene. */
export function proveCreatePayment(subject: Subject): void {
  const { table, adapter, provider, clock, receiver } = subject;
  const scenes = Object.entries(table.scenes);

  it.each(scenes)(
    `${provider}'s createPayment for %s returns what the buyer needs`,
    async (scene, { handle }) => {
      const payment = await created(subject, scene);
      const { paymentId } = table;
      const form = expect.stringMatching(handle);
      const { gives } = providers[provider]!.scenes[scene]!;
      expect(payment.payable).toEqual({
        paymentId: typeof paymentId === "function" ? paymentId(payment) : expect.stringMatching(paymentId),
        paymentUrl: gives === "link" ? form : "",
        qrCode: gives === "code" ? form : "",
        extraData: {},
      });
    },
  );

  it.each(scenes)(
    `repeating ${provider}'s createPayment for %s gives the same answer and one order`,
    async (scene) => {
      const { payment, prepared } = order(subject, scene);
      const first = await adapter.createPayment(payment, prepared, payment.orderNo);
      const second = await adapter.createPayment(
        payment,
        JSON.parse(JSON.stringify(prepared)),
        payment.orderNo,
      );
      expect(second).toEqual(first);
      if (first.kind !== "payable") throw new Error("not payable");
      await buyerPays(subject, { ...payment, payable: first.payable });
      expect(await rowsOf(subject, payment)).toMatchObject([{ created: 1 }]);
    },
  );

  it.each(scenes)(
    `repeating ${provider}'s createPayment for %s after a lost answer finds the first order`,
    async (scene) => {
      const { payment, prepared } = order(subject, scene);
      const start = () => adapter.createPayment(payment, prepared, payment.orderNo);
      const lost = await withFaults(subject, { timeout_after_success: true }, start);
      const again = await start();
      expect(lost.kind).toBe(table.offline.includes(`createPayment ${scene}`) ? "payable" : "unknown");
      if (again.kind !== "payable") throw new Error("not payable");
      await buyerPays(subject, { ...payment, payable: again.payable });
      expect(await rowsOf(subject, payment)).toMatchObject([{ created: 1 }]);
    },
  );

  it.each(table.inexpressible)(
    `${provider} refuses $amount.minor $amount.currency before any call`,
    async (refused) => {
      const { amount, field } = refused;
      const proxy = await startProviderProxy(subject.simulatorUrl);
      const { prepare } = subject.open({ baseUrl: proxy.url });
      const [scene = ""] = Object.keys(table.scenes);
      const { payment } = order(subject, scene);
      const input = { ...payment, amount, notifyUrl: receiver.url, buyerReturnUrl: "", extraParams: {} };
      const error = await (async () => prepare(input))().catch((thrown: unknown) => thrown);
      proxy.stop();
      expect(error).toBeInstanceOf(GatewayError);
      expect(error).toMatchObject({ failure: "amount_not_allowed", details: { fields: [{ field }] } });
      expect(proxy.connections()).toBe(0);
    },
  );

  it(`${provider}'s simulator passes the checks for the real sandbox`, async () => {
    const checked = { provider, adapter, clock, webhookUrl: receiver.url, scenes: Object.keys(table.scenes) };
    const lines: string[] = [];
    for await (const line of safeChecks(checked)) lines.push(line);
    expect(lines).toContain(`account: ${subject.account}`);
    for (const [scene] of scenes) {
      expect(lines).toContainEqual(expect.stringContaining(`${scene}: created again: still`));
      expect(lines).toContainEqual(expect.stringContaining(`${scene}: fetched: `));
    }
  });
}

/** Proves for how long a repeated create is recognised. */
export function proveCreateKeySeconds(subject: Subject): void {
  const { table, adapter, clock, provider } = subject;

  it.each(Object.keys(table.scenes))(
    `${provider} recognises a repeated create for %s until createKeySeconds`,
    async (scene) => {
      const { payment, prepared } = order(subject, scene);
      const start = () => adapter.createPayment(payment, prepared, payment.orderNo);
      const first = await start();
      clock.advance((adapter.createKeySeconds! - 1) * 1000);
      expect(await start()).toEqual(first);
    },
  );
}
