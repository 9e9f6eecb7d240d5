import { createHash } from "node:crypto";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { Payment } from "../domain/payment.ts";
import type { PaymentStatus } from "../domain/payment-state.ts";
import { toDecimal } from "../money/money.ts";
import { merchantReturnUrl } from "../payments/return-buyer.ts";

const sentences: Record<PaymentStatus, string> = {
  processing: "Your payment is being confirmed.",
  pending: "We have not received your payment yet.",
  success: "Your payment was received. Thank you.",
  failed: "Your payment did not go through.",
  closed: "This payment is closed.",
};

const style =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:15vh auto;padding:0 1rem}small{color:#666}";
const hash = createHash("sha256").update(style).digest("base64");
/** Content security policy that allows only the page's own style. */
const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Redirects the buyer to the merchant's `return_url`, or shows a plain page if the order has none. */
export function returnAnswer(payment: Payment): APIGatewayProxyStructuredResultV2 {
  const location = merchantReturnUrl(payment);
  if (location !== null) return { statusCode: 302, headers: { location }, body: "" };
  return {
    statusCode: 200,
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
    body: page(payment),
  };
}

/**
 * Anybody who knows the order number can open this page, so it omits the merchant's texts, which may name the buyer.
 */
function page({ amount, status, orderNo }: Payment): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(sentences[status])}</title>
<style>${style}</style>
<h1>${escapeHtml(sentences[status])}</h1>
<p>${escapeHtml(toDecimal(amount))} ${escapeHtml(amount.currency)}</p>
<p><small>${escapeHtml(orderNo)}</small></p>
</html>
`;
}

/** Escapes text for use between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
