import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { aSandbox } from "./sandbox.ts";
import { aStripeMerchant } from "./stripe-merchant.ts";

// docs.stripe.com/error-codes and docs.stripe.com/api/errors; stripe 23.1.0 classes the errors by their status.
describe("Stripe simulator: simulated refusals", () => {
  it.each([
    ["amount_too_small", "StripeInvalidRequestError", 400, { code: "amount_too_small" }],
    ["api_key_expired", "StripeAuthenticationError", 401, { code: "api_key_expired" }],
    ["http_401", "StripeAuthenticationError", 401, { code: undefined }],
    ["card_declined", "StripeCardError", 402, { code: "card_declined" }],
    ["account_invalid", "StripePermissionError", 403, { code: "account_invalid" }],
    ["resource_missing", "StripeInvalidRequestError", 404, { code: "resource_missing" }],
    ["idempotency_key_in_use", "StripeAPIError", 409, { code: "idempotency_key_in_use" }],
    ["lock_timeout", "StripeRateLimitError", 429, { code: "lock_timeout" }],
    ["idempotency_error", "StripeIdempotencyError", 400, { code: undefined }],
    ["invalid_request_error_400", "StripeInvalidRequestError", 400, { code: undefined }],
  ])(
    "the Stripe simulator refuses a create with %s, which the SDK throws as %s",
    async (code, type, statusCode, error) => {
      const sandbox = await aSandbox();
      const { stripe, input } = await aStripeMerchant(sandbox);
      await sandbox.control("stripe", "faults", { code, on: "create", times: 1 });
      expect((await stripe.accounts.retrieveCurrent()).object).toBe("account");
      const refused = await stripe.checkout.sessions.create(input()).catch((thrown: unknown) => thrown);
      expect(refused).toMatchObject({ type, statusCode, ...error });
      expect((await stripe.checkout.sessions.create(input())).status).toBe("open");
    },
  );

  // docs.stripe.com/api/idempotent_requests: an endpoint's answer is stored, an earlier refusal is not.
  it.each([
    ["balance_insufficient", true],
    ["insufficient_balance_for_refund", true],
    ["charge_disputed", true],
    ["payouts_not_allowed", true],
    ["resource_missing", true],
    ["invalid_request_error_400", true],
    ["rate_limit", false],
    ["lock_timeout", false],
    ["api_key_expired", false],
    ["parameter_unknown", false],
  ])(
    "the Stripe simulator's refusal %s of a refund is replayed for its idempotency key: %s",
    async (code, repeated) => {
      const sandbox = await aSandbox();
      const { stripe, input } = await aStripeMerchant(sandbox);
      const { id } = await stripe.checkout.sessions.create(input());
      await sandbox.control("stripe", "pay", { order_no: "ORDER1" });
      const { payment_intent } = await stripe.checkout.sessions.retrieve(id);
      const refund = (idempotencyKey: string) =>
        stripe.refunds.create({ payment_intent: String(payment_intent) }, { idempotencyKey });
      await sandbox.control("stripe", "faults", { code, on: "refund", times: 1 });
      const first = await refund("key").catch((thrown: Stripe.errors.StripeError) => thrown);
      expect(first).toBeInstanceOf(Stripe.errors.StripeError);
      const again = await refund("key").catch((thrown: Stripe.errors.StripeError) => thrown);
      expect(again instanceof Stripe.errors.StripeError).toBe(repeated);
      if (repeated) {
        expect((again as Stripe.errors.StripeError).message).toBe(
          (first as Stripe.errors.StripeError).message,
        );
        expect((await refund("another key")).status).toBe("succeeded");
      }
      expect(await sandbox.list("stripe", "payments")).toMatchObject([{ refunded_minor: 1234 }]);
    },
  );
});

// docs.stripe.com/payment-links/customize: client_reference_id is a parameter of the link's URL; the link's metadata
// are the session's (stripe 23.1.0, PaymentLinkCreateParams.metadata).
describe("Stripe simulator: Payment Links", () => {
  it.each([
    ["pay", { status: "complete", payment_status: "paid" }],
    ["expire", { status: "expired" }],
    ["start", { status: "complete", payment_status: "unpaid" }],
    ["fail", { status: "complete", payment_status: "unpaid" }],
  ])(
    "a Stripe simulator Payment Link makes a session with the buyer's reference and no order (%s)",
    async (outcome, state) => {
      const sandbox = await aSandbox();
      const { stripe, input, account } = await aStripeMerchant(sandbox);
      const ours = await stripe.checkout.sessions.create(input());
      const link = { account, client_reference_id: "ORDER1", amount: "12.34", currency: "USD", outcome };
      const { body } = await sandbox.control("stripe", "payment-link", link);
      const external = await stripe.checkout.sessions.retrieve(String(body.payment_id));
      expect(external).toMatchObject({
        ...state,
        client_reference_id: "ORDER1",
        metadata: {},
        payment_link: expect.stringMatching(/^plink_/),
      });
      expect(external.id).not.toBe(ours.id);
      expect((await stripe.checkout.sessions.retrieve(ours.id)).status).toBe("open");
    },
  );

  it("the Stripe simulator refuses a Payment Link with an invalid reference, outcome or account", async () => {
    const sandbox = await aSandbox();
    const { account } = await aStripeMerchant(sandbox);
    const link = { account, client_reference_id: "ORDER1", amount: "12.34", currency: "USD", outcome: "pay" };
    const wrongs = [{ client_reference_id: "a/b" }, { outcome: "sleep" }, { account: "acct_0" }];
    const answers = await Promise.all(
      wrongs.map((wrong) => sandbox.control("stripe", "payment-link", { ...link, ...wrong })),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 404]);
  });
});
