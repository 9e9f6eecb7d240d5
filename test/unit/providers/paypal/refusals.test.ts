import { describe, expect, it } from "vitest";
import type { RefusalRule } from "../../../../lib/domain/refusal.ts";
import { refusals } from "../../../../lib/providers/paypal/refusals.ts";
import type { Reply } from "../../outbound/local-server.ts";
import { newPayment, orderNo, withRequest } from "../payments.ts";
import {
  captured,
  captureId,
  json,
  openPayPal,
  order,
  paypalServer,
  refusal,
  storedPayment,
  storedRefund,
} from "./account.ts";

// The codes: paypal/paypal-rest-api-specifications@ec4d8f3, openapi/checkout_orders_v2.json and payments_payment_v2.json,
// `issue` of each response, counted there.
const listed = { create: [10, 99], capture: [5, 68], refund: [3, 25] } as const;

const paidPayment = { ...storedPayment, status: "success" as const, tradeNo: captureId };
const approved = json(order({ status: "APPROVED" }));

/** Several issues in one answer, as `details` of PayPal's error object may hold. */
const withIssues = (status: number, ...issues: string[]): Reply =>
  json(
    {
      name: "UNPROCESSABLE_ENTITY",
      message: "m",
      debug_id: "d",
      details: issues.map((issue) => ({ issue, description: `words of ${issue}` })),
    },
    status,
  );

async function captureAfter(...replies: Reply[]) {
  const server = await paypalServer(...replies);
  return openPayPal({ baseUrl: server.url }).capture!(storedPayment, "capture-1");
}

async function refundAfter(...replies: Reply[]) {
  const server = await paypalServer(...replies);
  const adapter = openPayPal({ baseUrl: server.url });
  return adapter.refund!(paidPayment, withRequest(adapter, paidPayment, storedRefund));
}

async function createAfter(...replies: Reply[]) {
  const server = await paypalServer(...replies);
  const adapter = openPayPal({ baseUrl: server.url });
  return adapter.createPayment(
    storedPayment,
    adapter.prepare(newPayment({ amount: storedPayment.amount })),
    "key-1",
  );
}

const codesOf = (call: keyof typeof refusals, input: (rule: RefusalRule) => boolean) =>
  Object.entries<RefusalRule>(refusals[call])
    .filter(([code, rule]) => input(rule) && code === code.toUpperCase() && !code.startsWith("HTTP_"))
    .map(([code]) => code);

describe("PayPal's refusals", () => {
  it.each(Object.entries(listed))(
    "the refusal table of %s has every issue that PayPal's OpenAPI lists",
    (call, counts) => {
      const sources = Object.values(refusals[call as keyof typeof refusals]).map(({ source }) => source);
      const of = (status: number) =>
        sources.filter((source) => source.includes("POST") && source.endsWith(` ${status}`)).length;
      // Two issues are listed twice in the 422 of create.
      const twice = call === "create" ? 2 : 0;
      expect([of(400), of(422)]).toEqual([counts[0], counts[1] - twice]);
    },
  );

  it.each(codesOf("capture", ({ fault, ends }) => ends === "try" && fault !== "request"))(
    "a capture that PayPal refuses with %s ends this try, and the order can still be paid",
    async (code) => {
      expect(await captureAfter(refusal(422, code))).toEqual([
        { kind: "open", orderNo, why: `PayPal: ${code}` },
      ]);
    },
  );

  it.each(codesOf("capture", ({ fault, ends }) => ends === "try" && fault === "request"))(
    "a capture that PayPal refuses with %s, which is about fields we never send, also raises an alarm",
    async (code) => {
      expect(await captureAfter(refusal(422, code))).toMatchObject([
        { kind: "open" },
        { kind: "unrecognised", said: `capture: PayPal: ${code}` },
      ]);
    },
  );

  it.each(codesOf("capture", ({ ends }) => ends === "subject"))(
    "a capture that PayPal refuses with %s fails the order",
    async (code) => {
      expect(await captureAfter(refusal(422, code))).toEqual([
        { kind: "failed", orderNo, why: `PayPal: ${code}` },
      ]);
    },
  );

  it.each(["ORDER_ALREADY_CAPTURED", "ORDER_COMPLETION_IN_PROGRESS", "DUPLICATE_INVOICE_ID"])(
    "the outcome of a capture that PayPal refuses with %s is the state of the order",
    async (code) => {
      expect(await captureAfter(refusal(422, code), json(captured()))).toMatchObject([{ kind: "paid" }]);
      const [seen] = await captureAfter(refusal(422, code), approved);
      expect(seen).toEqual({ kind: "unknown", orderNo, why: `PayPal: ${code}` });
    },
  );

  it("a duplicate PayPal invoice number of an order that is not captured raises an alarm", async () => {
    expect(await captureAfter(refusal(422, "DUPLICATE_INVOICE_ID"), approved)).toMatchObject([
      { kind: "unknown" },
      { kind: "unrecognised" },
    ]);
  });

  it.each(["PERMISSION_DENIED", "CONSENT_NEEDED"])(
    "a capture that PayPal forbids with %s ends this try once the order is seen to be uncaptured",
    async (code) => {
      expect(await captureAfter(refusal(403, code), approved)).toMatchObject([{ kind: "open" }]);
      expect(await captureAfter(refusal(403, code), refusal(403, code))).toMatchObject([{ kind: "unknown" }]);
    },
  );

  it("a PayPal capture refused with an unlisted code is unknown and reports the code", async () => {
    expect(await captureAfter(refusal(422, "SOMETHING_NEW"), approved)).toEqual([
      { kind: "unknown", orderNo, why: "PayPal: SOMETHING_NEW", unlisted: "SOMETHING_NEW" },
    ]);
  });

  it.each(codesOf("refund", ({ fault, ends }) => ends === "nothing" && fault === "merchant"))(
    "a refund that PayPal refuses with %s may succeed later",
    async (code) => {
      expect(await refundAfter(refusal(422, code), json(captured()))).toMatchObject({
        kind: "refused",
        fault: "merchant",
        ends: "nothing",
        listed: true,
        error: { code },
      });
    },
  );

  it.each(codesOf("refund", ({ ends }) => ends === "subject"))(
    "a refund that PayPal refuses with %s ends if the order does not contain it",
    async (code) => {
      expect(await refundAfter(refusal(422, code), json(captured()))).toMatchObject({
        kind: "refused",
        ends: "subject",
        error: { code },
      });
    },
  );

  it("a PayPal refund refused with an unlisted code is unknown and reports the code", async () => {
    expect(await refundAfter(refusal(422, "SOMETHING_NEW"), json(captured()))).toEqual({
      kind: "unknown",
      why: "PayPal: SOMETHING_NEW",
      unlisted: "SOMETHING_NEW",
    });
  });

  it("a PayPal refund whose first call is still in progress is unknown, and keeps its key", async () => {
    const busy = refusal(409, "PREVIOUS_REQUEST_IN_PROGRESS", "RESOURCE_CONFLICT");
    expect(await refundAfter(busy, json(captured()))).toEqual({
      kind: "unknown",
      why: "PayPal: PREVIOUS_REQUEST_IN_PROGRESS",
    });
  });

  it("a PayPal create refused with an unlisted code is the merchant's fault and does not end the order", async () => {
    expect(await createAfter(refusal(422, "SOMETHING_NEW"))).toMatchObject({
      kind: "refused",
      fault: "merchant",
      ends: "nothing",
      listed: false,
    });
  });

  it.each(["PAYEE_ACCOUNT_INVALID", "PAYEE_ACCOUNT_LOCKED_OR_CLOSED", "PAYEE_ACCOUNT_RESTRICTED"])(
    "a create that PayPal refuses with %s is the merchant's fault and not final",
    async (code) => {
      const expected = { kind: "refused", fault: "merchant", ends: "nothing", listed: true };
      expect(await createAfter(refusal(422, code))).toMatchObject(expected);
    },
  );

  // `details` is an array of issues: components.schemas.error of the OpenAPI above.
  it.each([
    ["a final and a temporary one", ["PAYER_ACCOUNT_RESTRICTED", "INSTRUMENT_DECLINED"], "open"],
    ["a temporary and a final one", ["INSTRUMENT_DECLINED", "PAYER_ACCOUNT_RESTRICTED"], "open"],
    ["two final ones", ["COMPLIANCE_VIOLATION", "PAYER_ACCOUNT_RESTRICTED"], "failed"],
    ["an unlisted one", ["INSTRUMENT_DECLINED", "SOMETHING_NEW"], "unknown"],
    ["one after which PayPal must be asked", ["INSTRUMENT_DECLINED", "ORDER_ALREADY_CAPTURED"], "unknown"],
  ])(
    "all issues of a PayPal error decide its outcome, not only the first: %s",
    async (_title, issues, kind) => {
      const [seen] = await captureAfter(withIssues(422, ...issues), approved);
      expect(seen).toMatchObject({ kind });
    },
  );

  it("the decisive issue of a PayPal error is reported, with the codes of the others", async () => {
    const codes = ["MISSING_REQUIRED_PARAMETER", "PAYEE_ACCOUNT_RESTRICTED"];
    expect(await createAfter(withIssues(422, ...codes))).toMatchObject({
      ends: "nothing",
      error: {
        code: "PAYEE_ACCOUNT_RESTRICTED",
        message: "words of PAYEE_ACCOUNT_RESTRICTED (also MISSING_REQUIRED_PARAMETER)",
      },
    });
  });
});
