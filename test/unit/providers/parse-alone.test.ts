import { spawn } from "node:child_process";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { notice, noticeBody, rawCredentials } from "./alipay/keys.ts";
import { createdAt } from "./payments.ts";
import { secretKey, signatureOf, webhookSecret } from "./stripe/account.ts";

const stripeEvent = Buffer.from(
  JSON.stringify({
    id: "evt_1",
    object: "event",
    type: "customer.created",
    created: 1,
    livemode: false,
    data: { object: {} },
  }),
);

const webhooks = [
  {
    provider: "alipay",
    credentials: rawCredentials,
    body: noticeBody(notice()),
    headers: {},
    eventType: "TRADE_SUCCESS",
  },
  {
    provider: "stripe",
    credentials: { secret_key: secretKey, webhook_secret: webhookSecret },
    body: stripeEvent,
    headers: { "stripe-signature": signatureOf(stripeEvent) },
    eventType: "customer.created",
  },
];

it.each(webhooks)(
  "$provider's webhook is parsed without loading its SDK, which would take longer",
  async (webhook) => {
    const { eventType, body, ...rest } = webhook;
    const child = spawn(process.execPath, [path.join(import.meta.dirname, "parse-alone.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(JSON.stringify({ ...rest, body: body.toString("base64"), now: createdAt }));
    expect(JSON.parse(await text(child.stdout))).toEqual({ parsed: eventType, packages: ["zod"] });
  },
);
