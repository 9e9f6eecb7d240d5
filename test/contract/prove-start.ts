import { expect, it } from "vitest";
import { GatewayError } from "../../lib/errors.ts";
import { safeChecks } from "../../scripts/sandbox-check/safe-checks.ts";
import { buyerPays, order, rowsOf, type Subject, started, withFaults } from "./subject.ts";
import { openTap } from "./tap.ts";

/** How a payment begins, for every scene. */
export function proveStart(subject: Subject): void {
  const { table, adapter, provider, clock, receiver } = subject;
  const scenes = Object.entries(table.scenes);

  it.each(scenes)("%s: gives the buyer what the scene promises", async (scene, { payable }) => {
    const payment = await started(subject, scene);
    expect(payment.payable).toEqual(payable(payment));
  });

  it.each(scenes)("%s: a repeat answers the same, and the provider holds one object", async (scene) => {
    const { payment, prepared } = order(subject, scene);
    const first = await adapter.start(payment, prepared, payment.orderNo);
    const second = await adapter.start(payment, JSON.parse(JSON.stringify(prepared)), payment.orderNo);
    expect(second).toEqual(first);
    if (first.kind !== "payable") throw new Error("not payable");
    await buyerPays(subject, { ...payment, payable: first.payable });
    expect(await rowsOf(subject, payment)).toMatchObject([{ created: 1 }]);
  });

  it.each(scenes)("%s: a repeat after a lost answer finds what was made", async (scene) => {
    const { payment, prepared } = order(subject, scene);
    const start = () => adapter.start(payment, prepared, payment.orderNo);
    const lost = await withFaults(subject, { timeout_after_success: true }, start);
    const again = await start();
    expect(lost.kind).toBe(table.offline.includes(`start ${scene}`) ? "payable" : "unknown");
    if (again.kind !== "payable") throw new Error("not payable");
    await buyerPays(subject, { ...payment, payable: again.payable });
    expect(await rowsOf(subject, payment)).toMatchObject([{ created: 1 }]);
  });

  it.each(table.inexpressible)("refuses $amount.minor $amount.currency before any call", async (refused) => {
    const { amount, field } = refused;
    const tap = await openTap(subject.simulatorUrl, (answer) => answer);
    const { prepare } = subject.open({ baseUrl: tap.url });
    const [scene = ""] = Object.keys(table.scenes);
    const { payment } = order(subject, scene);
    const wanted = { ...payment, amount, notifyUrl: receiver.url, buyerReturnUrl: "", extraParams: {} };
    const error = await (async () => prepare(wanted))().catch((thrown: unknown) => thrown);
    tap.stop();
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ failure: "amount_not_allowed", details: { fields: [{ field }] } });
    expect(tap.connections()).toBe(0);
  });

  it("passes what is asked of the real sandbox", async () => {
    const checked = { provider, adapter, clock, webhookUrl: receiver.url, scenes: Object.keys(table.scenes) };
    const lines: string[] = [];
    for await (const line of safeChecks(checked)) lines.push(line);
    expect(lines).toContain(`account: ${subject.account}`);
    for (const [scene] of scenes) {
      expect(lines).toContainEqual(expect.stringContaining(`${scene}: started again: still`));
      expect(lines).toContainEqual(expect.stringContaining(`${scene}: looked up: `));
    }
  });
}

/** For how long a repeat is known as one. */
export function proveStartKey(subject: Subject): void {
  const { table, adapter, clock } = subject;

  it.each(Object.keys(table.scenes))("%s: a repeat is known at the end of the time", async (scene) => {
    const { payment, prepared } = order(subject, scene);
    const start = () => adapter.start(payment, prepared, payment.orderNo);
    const first = await start();
    clock.advance((adapter.startKeySeconds! - 1) * 1000);
    expect(await start()).toEqual(first);
  });
}
