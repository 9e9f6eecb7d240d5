import { expect, it } from "vitest";
import { GatewayError } from "../../lib/errors.ts";
import type { Provider, WebhookCall } from "../../lib/payment/provider.ts";
import { eventually } from "../sandbox/sandbox.ts";
import { buyerPays, keyOf, paidFact, type Subject, started, told, withFaults } from "./subject.ts";

/** What a webhook is worth, and which ones are refused. Every call here was sent by the simulator. */
export function proveHear(subject: Subject): void {
  const { table, adapter, receiver, account } = subject;
  const { payment: kind } = table.webhooks;
  const scenes = Object.keys(table.scenes);
  const [someScene = ""] = scenes;

  async function aPaidCall(scene = someScene) {
    const from = receiver.calls.length;
    const payment = await started(subject, scene);
    await buyerPays(subject, payment);
    await adapter.capture?.(payment, keyOf(payment));
    return { payment, ...(await told(subject, payment, kind, from)) };
  }

  it.each(scenes)("%s: a payment's webhook says what the provider's books say", async (scene) => {
    const { payment, heard, about } = await aPaidCall(scene);
    const fact = kind === "paid" ? await paidFact(subject, payment) : { kind, orderNo: payment.orderNo };
    expect(about).toMatchObject([fact]);
    expect(heard).toMatchObject({
      eventId: expect.stringMatching(/./),
      eventType: expect.stringMatching(/./),
    });
    const sent = await eventually(async () => {
      const lines = (await subject.list("webhooks")).filter((line) => line.order_no === payment.orderNo);
      expect(lines.length).toBeGreaterThan(0);
      return lines;
    });
    // The provider takes the registry's acknowledgement for one.
    expect(new Set(sent.map(({ outcome }) => outcome))).toEqual(new Set(["accepted"]));
  });

  it("a webhook that was heard and kept is read the same without its signature", async () => {
    const { call, heard } = await aPaidCall();
    expect(adapter.read(call.body, account)).toEqual(heard);
  });

  it("a webhook that is sent again keeps its id", async () => {
    const { payment } = await aPaidCall();
    const from = receiver.calls.length;
    await subject.tell("resend", { order_no: payment.orderNo });
    await subject.tell("resend", { order_no: payment.orderNo });
    await eventually(async () => {
      const heard = await Promise.all(receiver.calls.slice(from).map((call) => adapter.hear(call, account)));
      const ids = heard.map(({ eventId }) => eventId);
      expect(ids.length - new Set(ids).size, "ids that came again").toBeGreaterThan(0);
    });
  });

  it("refuses a webhook in which any one byte was changed", async () => {
    const { call } = await aPaidCall();
    for (let at = 0; at < call.body.length; at += 1) {
      const body = Buffer.from(call.body);
      // 0x10 changes what a character of base64 means also where only its upper bits count.
      body[at]! ^= 0x10;
      expect(await refusalOf(adapter, { ...call, body }, account), `byte ${at}`).toMatch(/refused|malformed/);
    }
  });

  it("refuses another merchant's webhook", async () => {
    const { call } = await aPaidCall();
    const other = subject.open({ credentials: subject.otherCredentials });
    expect(await refusalOf(other, call, await other.account())).toBe("notification_refused");
  });

  it("refuses a webhook without a signature", async () => {
    const { payment } = await aPaidCall();
    const from = receiver.calls.length;
    const failureOf = (call: WebhookCall) => refusalOf(adapter, call, account).catch(() => "heard");
    await withFaults(subject, { unsigned: true }, async () => {
      await subject.tell("resend", { order_no: payment.orderNo });
      // A signed one that was still under way may be heard beside it.
      await eventually(async () => {
        const failures = await Promise.all(receiver.calls.slice(from).map(failureOf));
        expect(failures).toContain("notification_refused");
      });
    });
  });

  it("refuses what is no webhook at all", async () => {
    const bodies = ["", "{}", "null", "a=b&c", "\u0000\ufffd"];
    for (const body of bodies) {
      const call = { body: Buffer.from(body), headers: {} };
      expect(await refusalOf(adapter, call, account)).toMatch(/refused|malformed/);
    }
  });
}

/** The failure by which a call is refused; throws when it is heard. */
async function refusalOf(adapter: Provider, call: WebhookCall, account: string): Promise<string> {
  const error = await adapter.hear(call, account).catch((thrown: unknown) => thrown);
  if (error instanceof GatewayError) return error.failure;
  throw new Error(`not refused: ${JSON.stringify(error)}`, { cause: error });
}
