import { expect, it } from "vitest";
import type { Provider, WebhookCall } from "../../lib/domain/provider.ts";
import { GatewayError } from "../../lib/errors.ts";
import { eventually } from "../sandbox/sandbox.ts";
import { buyerPays, created, keyOf, notified, paidFact, type Subject, withFaults } from "./subject.ts";

/** Proves what webhooks report, and which ones are refused. The simulator sends every call here. */
export function proveParseWebhook(subject: Subject): void {
  const { table, adapter, receiver, account, provider } = subject;
  const { payment: kind } = table.webhooks;
  const scenes = Object.keys(table.scenes);
  const [someScene = ""] = scenes;

  async function aPaidCall(scene = someScene) {
    const from = receiver.calls.length;
    const payment = await created(subject, scene);
    await buyerPays(subject, payment);
    await adapter.capture?.(payment, keyOf(payment));
    return { payment, ...(await notified(subject, payment, kind, from)) };
  }

  it.each(scenes)(
    `${provider}'s webhook about a payment of %s agrees with the provider's ledger`,
    async (scene) => {
      const { payment, parsed, about } = await aPaidCall(scene);
      const fact = kind === "paid" ? await paidFact(subject, payment) : { kind, orderNo: payment.orderNo };
      expect(about).toMatchObject([fact]);
      expect(parsed).toMatchObject({
        eventId: expect.stringMatching(/./),
        eventType: expect.stringMatching(/./),
      });
      const sent = await eventually(async () => {
        const lines = (await subject.list("webhooks")).filter((line) => line.order_no === payment.orderNo);
        expect(lines.length).toBeGreaterThan(0);
        return lines;
      });
      // The provider accepts the registry's acknowledgement.
      expect(new Set(sent.map(({ outcome }) => outcome))).toEqual(new Set(["accepted"]));
    },
  );

  it(`a stored ${provider} webhook is read the same without its signature`, async () => {
    const { call, parsed } = await aPaidCall();
    expect(adapter.read(call.body, account)).toEqual(parsed);
  });

  it(`a ${provider} webhook that is sent again keeps its id`, async () => {
    const { payment } = await aPaidCall();
    const from = receiver.calls.length;
    await subject.control("resend", { order_no: payment.orderNo });
    await subject.control("resend", { order_no: payment.orderNo });
    await eventually(async () => {
      const parsed = await Promise.all(
        receiver.calls.slice(from).map((call) => adapter.parseWebhook(call, account)),
      );
      const ids = parsed.map(({ eventId }) => eventId);
      expect(ids.length - new Set(ids).size, "repeated ids").toBeGreaterThan(0);
    });
  });

  it(`a ${provider} webhook with any single byte changed is refused`, async () => {
    const { call } = await aPaidCall();
    for (let at = 0; at < call.body.length; at += 1) {
      const body = Buffer.from(call.body);
      // 0x10 changes a character of base64 even where only its upper bits count.
      body[at]! ^= 0x10;
      expect(await refusalOf(adapter, { ...call, body }, account), `byte ${at}`).toMatch(/refused|malformed/);
    }
  });

  it(`another merchant's ${provider} webhook is refused`, async () => {
    const { call } = await aPaidCall();
    const other = subject.open({ credentials: subject.otherCredentials });
    expect(await refusalOf(other, call, await other.account())).toBe("notification_refused");
  });

  it(`a ${provider} webhook without a signature is refused`, async () => {
    const { payment } = await aPaidCall();
    const from = receiver.calls.length;
    const failureOf = (call: WebhookCall) => refusalOf(adapter, call, account).catch(() => "accepted");
    await withFaults(subject, { unsigned: true }, async () => {
      await subject.control("resend", { order_no: payment.orderNo });
      // A signed webhook that was still on its way may be accepted meanwhile.
      await eventually(async () => {
        const failures = await Promise.all(receiver.calls.slice(from).map(failureOf));
        expect(failures).toContain("notification_refused");
      });
    });
  });

  it(`a body that is not a ${provider} webhook is refused`, async () => {
    const bodies = ["", "{}", "null", "a=b&c", "\u0000\ufffd"];
    for (const body of bodies) {
      const call = { body: Buffer.from(body), headers: {} };
      expect(await refusalOf(adapter, call, account)).toMatch(/refused|malformed/);
    }
  });
}

/** The failure with which a call is refused; throws if it is accepted. */
async function refusalOf(adapter: Provider, call: WebhookCall, account: string): Promise<string> {
  const error = await adapter.parseWebhook(call, account).catch((thrown: unknown) => thrown);
  if (error instanceof GatewayError) return error.failure;
  throw new Error(`not refused: ${JSON.stringify(error)}`, { cause: error });
}
