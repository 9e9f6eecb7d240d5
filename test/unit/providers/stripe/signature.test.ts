import * as fc from "fast-check";
import { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import { verifyStripeSignature } from "../../../../lib/providers/stripe/signature.ts";
import { createdAt } from "../payments.ts";
import { signatureOf, webhookSecret } from "./account.ts";

const body = Buffer.from('{"id":"evt_1", "name":"茶"}');
const time = Math.floor(createdAt.getTime() / 1000);
const v1 = signatureOf(body).split("v1=")[1];

function accepts(
  header: string | undefined,
  secrets: string[] = [webhookSecret],
  text: Buffer = body,
): boolean {
  try {
    verifyStripeSignature(text, header, secrets, createdAt);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ failure: "notification_refused" });
    expect(String(error)).not.toContain("canary");
    return false;
  }
}

describe("Stripe webhook signature", () => {
  it.each([
    ["one v1 and one secret", signatureOf(body), [webhookSecret]],
    ["a second v1 while the secret is rolled", `${signatureOf(body, "whsec_old")},v1=${v1}`, [webhookSecret]],
    ["a second secret of ours", signatureOf(body), ["whsec_old", webhookSecret]],
    ["unknown schemes", `${signatureOf(body)},v0=abc,v2=`, [webhookSecret]],
    ["an empty v1 beside a good one", `${signatureOf(body)},v1=`, [webhookSecret]],
    ["almost 300 s of age", signatureOf(body, webhookSecret, time - 299), [webhookSecret]],
    ["300 s ahead", signatureOf(body, webhookSecret, time + 300), [webhookSecret]],
  ])("Stripe's signature is accepted with %s", (_title, header, secrets) => {
    expect(accepts(header, secrets)).toBe(true);
  });

  it.each([
    ["no header", undefined],
    ["an empty header", ""],
    ["no v1", `t=${time}`],
    ["an empty v1", `t=${time},v1=`],
    ["a short v1", `t=${time},v1=${v1?.slice(2)}`],
    ["upper case", `t=${time},v1=${v1?.toUpperCase()}`],
    ["v0 only", signatureOf(body).replace("v1=", "v0=")],
    ["no time", `v1=${v1}`],
    ["an invalid time", signatureOf(body).replace(/t=\d+/, "t=now")],
    ["two times", `t=1,${signatureOf(body)}`],
    ["two times, the signed one first", `${signatureOf(body)},t=${time - 1}`],
    ["another secret", signatureOf(body, "whsec_other")],
    ["another body", signatureOf(`${body} `)],
    ["301 s of age", signatureOf(body, webhookSecret, time - 301)],
    ["301 s ahead, which the SDK would accept", signatureOf(body, webhookSecret, time + 301)],
    ["a changed time", signatureOf(body, webhookSecret, time - 9).replace(/t=\d+/, `t=${time}`)],
  ])("Stripe's signature is refused with %s", (_title, header) => {
    expect(accepts(header)).toBe(false);
  });

  it("Stripe's signature is refused if the config has no secret", () => {
    expect(accepts(signatureOf(body), [])).toBe(false);
  });

  it("Stripe's signature is accepted exactly when the SDK accepts it, except for future times", () => {
    const text = fc.string({ minLength: 1, unit: "binary" }).map((said) => JSON.stringify({ said }));
    const headers = (signed: string) =>
      fc.constantFrom(
        signatureOf(signed),
        signatureOf(signed, "whsec_other"),
        signatureOf(`${signed}x`),
        `${signatureOf(signed, "whsec_other")},${signatureOf(signed).split(",")[1]}`,
        signatureOf(signed, webhookSecret, time - 400),
        `t=${time},v1=`,
        "v1=x",
        "",
      );
    const webhook = text.chain((said) => fc.tuple(fc.constant(said), headers(said)));
    fc.assert(
      fc.property(webhook, ([said, header]) => {
        let sdk = true;
        try {
          Stripe.webhooks.constructEvent(said, header, webhookSecret, 300, undefined, createdAt.getTime());
        } catch {
          sdk = false;
        }
        expect(accepts(header, [webhookSecret], Buffer.from(said))).toBe(sdk);
      }),
    );
  });
});
