import { expect, it } from "vitest";
import { GatewayError } from "../../lib/errors.ts";
import { checkWebhook } from "../../scripts/sandbox-check/check-webhook.ts";
import { buyerPays, created, notified, type Subject } from "./subject.ts";

/** Proves that the probe detects wrong credentials by a harmless call, and describes them. */
export function proveProbe(subject: Subject): void {
  const { table, credentials, otherCredentials, provider } = subject;

  it(`${provider}'s probe passes with good credentials`, async () => {
    expect(await subject.adapter.probe!()).toBeNull();
  });

  it.each(Object.entries(table.wrongCredentials))(
    `${provider}'s probe detects %s, and repeats no secret`,
    async (_, spoil) => {
      const wrong = spoil(credentials, otherCredentials);
      const words = await subject.open({ credentials: wrong }).probe!();
      expect(words).toMatch(/\w{3}/);
      for (const secret of secretsOf(wrong)) expect(words).not.toContain(secret);
    },
  );
}

function secretsOf(credentials: Record<string, unknown>): string[] {
  const entries = Object.entries(credentials).filter(([name]) => /key$|secret/.test(name));
  return entries.flatMap(([, value]) => value).map(String);
}

/** Proves that a webhook is registered once, and that the result verifies its calls. */
export function proveRegister(subject: Subject): void {
  const { credentials, otherCredentials, receiver, provider } = subject;

  it(`${provider}'s register registers a URL once, and its webhooks verify`, async () => {
    const url = `${receiver.url}/registered`;
    const open = async (provided: object) => subject.open({ credentials: { ...provided } });
    const complete = await checkWebhook(open, withoutWebhook(credentials), url);
    const adapter = subject.open({ credentials: complete! });
    const [scene = ""] = Object.keys(subject.table.scenes);
    const from = receiver.calls.length;
    const payment = await created(subject, scene);
    await buyerPays(subject, payment);
    await notified({ ...subject, adapter }, payment, subject.table.webhooks.payment, from);
    const sent = (await subject.list("webhooks")).filter(
      (line) => line.order_no === payment.orderNo && line.url === url,
    );
    expect(sent.length, "sent to a URL that is registered once").toBe(
      new Set(sent.map(({ event }) => event)).size,
    );
  });

  it(`${provider}'s register with wrong credentials throws a GatewayError`, async () => {
    const [spoil] = Object.values(subject.table.wrongCredentials);
    const wrong = subject.open({ credentials: spoil!(credentials, otherCredentials) });
    const error = await wrong.register!(receiver.url).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GatewayError);
  });
}

/** The credentials before the first registration. */
function withoutWebhook(credentials: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(credentials).filter(([name]) => !name.startsWith("webhook_")));
}
