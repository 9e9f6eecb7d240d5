import type { Mutant } from "../mutant.ts";
import { ofAdapter } from "../of-adapter.ts";

const of = ofAdapter("paypal");

/** What PayPal's adapter checks before it says anything: who says it, of which account, order and amount. */
export const paypalGuards: Mutant[] = [
  {
    name: "PayPal: an event with any signature is believed",
    ...of("signature", "signature"),
    from: "if (!signatureFits(signed, signature, key)) {",
    to: 'if (!signatureFits(signed, signature, key) && id === "") {',
  },
  {
    name: "PayPal: a config without a webhook id believes an event",
    ...of("signature", "signature"),
    from: 'if (webhookId === undefined) refuse("the config has no webhook_id");',
    to: "",
  },
  {
    name: "PayPal: signatures of another algorithm are taken",
    ...of("signature", "signature"),
    from: "/^SHA256withRSA$/",
    to: "/withRSA$/",
  },
  {
    name: "PayPal: an old event is believed",
    ...of("signature", "signature"),
    from: "if (!(ageSeconds <= oldestSeconds))",
    to: "if (Number.isNaN(ageSeconds))",
  },
  {
    name: "PayPal: an event from the future is believed",
    ...of("signature", "signature"),
    from: "if (ageSeconds < -aheadSeconds)",
    to: "if (ageSeconds < -aheadSeconds * 1000)",
  },
  {
    name: "PayPal: a certificate comes from any host",
    ...of("certificate", "signature"),
    from: "baseUrl === undefined ? ofPayPal : url?.origin === new URL(baseUrl).origin;",
    to: "baseUrl === undefined ? ofPayPal : url !== undefined;",
  },
  {
    name: "PayPal: outside the local stage a certificate comes from any host",
    ...of("certificate", "signature"),
    from: " && hosts.has(url.hostname)",
    to: "",
  },
  {
    name: "PayPal: a certificate comes without TLS",
    ...of("certificate", "signature"),
    from: `url?.protocol === "https:" && url.port`,
    to: "url?.port",
  },
  {
    name: "PayPal: a certificate comes from any path",
    ...of("certificate", "signature"),
    from: " || !/^\\/v1\\/notifications\\/certs\\/[\\w-]{1,128}$/.test(url.pathname)",
    to: "",
  },
  {
    name: "PayPal: the certificate of any name signs",
    ...of("certificate", "signature"),
    from: "chain.find(({ subject }) => signerName.test(subject))",
    to: "chain.find(({ subject }) => subject)",
  },
  {
    name: "PayPal: a certificate signs before and after its time",
    ...of("certificate", "signature"),
    from: "if (now < certificate.from || now > certificate.to) {",
    to: "if (certificate.to < certificate.from) {",
  },
  {
    name: "PayPal: a certificate need not be signed by its issuer",
    ...of("certificate", "signature"),
    from: "if (issuer && !signer.verify(keyOf(issuer)))",
    to: "if (issuer && !keyOf(issuer))",
  },
  {
    name: "PayPal: the body of an event is believed, though another has the same signature",
    ...of("event", "event"),
    from: `if (invoice) return [{ kind: "hint", orderNo: invoice, why: type }];`,
    to: `if (invoice) return [{ kind: "closed", orderNo: invoice, why: type }];`,
  },
  {
    name: "PayPal: an order that is not this payment's is believed",
    ...of("order", "order"),
    from: "order.id !== asked.payable?.paymentId || unit?.invoice_id !== asked.orderNo ||",
    to: "!unit ||",
  },
  {
    name: "PayPal: a capture is asked for under another key",
    ...of("capture", "capture"),
    from: "paypalRequestId: idempotencyKey,",
    to: "paypalRequestId: crypto.randomUUID(),",
  },
  {
    name: "PayPal: a refund is repeated under another key, and made twice",
    ...of("refund", "refund"),
    from: "paypalRequestId: refund.idempotencyKey,",
    to: "paypalRequestId: crypto.randomUUID(),",
  },
  {
    name: "PayPal: another refunded amount is believed",
    ...of("refund", "refund"),
    from: "(given && sameMoney(given, amount))",
    to: "given",
  },
  {
    name: "PayPal: a refund of another number is ours",
    ...of("refund", "refund"),
    from: "customId !== undefined && customId !== providerRefundNo;",
    to: `customId === "";`,
  },
  {
    name: "PayPal: an event names the invoice number that a person typed into a refund",
    ...of("event", "event"),
    from: "if (tradeNo && !(invoice && orderNoShape.test(invoice))) {",
    to: "if (tradeNo && !invoice) {",
  },
  {
    name: "PayPal: a refund has the payment's invoice number, which PayPal takes once",
    ...of("refund", "refund"),
    from: "body: refundRequest.parse(refund.prepared) as RefundRequest,",
    to: "body: { ...refundRequest.parse(refund.prepared), invoiceId: payment.orderNo } as RefundRequest,",
  },
  {
    name: "PayPal: only the first of several issues is judged",
    ...of("decisive-issue", "refusals"),
    from: "issues.toSorted((one, other) => weight(one) - weight(other));",
    to: "issues.toSorted((one, other) => Math.min(0, weight(one) - weight(other)) * 0);",
  },
  {
    name: "PayPal: a capture refused by an unknown code ends the try",
    ...of("capture", "refusals"),
    from: `if (!refusal) return unlessMoved(await look(), [{ kind: "unknown", orderNo, why, unlisted: error.code }]);`,
    to: `if (!refusal) return [{ kind: "open", orderNo, why }];`,
  },
  {
    name: "PayPal: a capture that was not let in ends the try",
    ...of("capture", "capture"),
    from: "if (said.status === 401 || said.status === 429)",
    to: "if (said.status === 429)",
  },
  {
    name: "PayPal: a forbidden capture ends the try, though the money may have been taken before",
    ...of("capture", "capture"),
    from: "said.status === 403 ? whereUncaptured(await look(), over) : over;",
    to: "over;",
  },
  {
    name: "PayPal: a refused refund is not looked for",
    ...of("refund", "refund"),
    from: 'if (found.kind !== "missing") return found;',
    to: "",
  },
  {
    name: "PayPal: a refund refused by an unknown code is over",
    ...of("refund", "refusals"),
    from: 'if (!refusal) return { kind: "unknown", why, unlisted: error.code };',
    to: `if (!refusal) return { kind: "refused", error, fault: "request", ends: "subject", listed: false };`,
  },
  {
    name: "PayPal: a subject is cut in UTF-16 units",
    ...of("limits", "limits"),
    from: `const unit = "characters";`,
    to: `const unit = "utf16";`,
  },
  {
    name: "PayPal: a refund's note keeps its line ends",
    ...of("refund", "limits"),
    from: `reason.replace(/\\s+/g, " ").trim();`,
    to: "reason;",
  },
  {
    name: "PayPal: an amount above the largest is sent",
    ...of("amounts", "limits"),
    from: `if (BigInt(value.replace(".", "")) > BigInt(rule.mostMinor)) {`,
    to: `if (BigInt(value.replace(".", "")) < 0n) {`,
  },
  {
    name: "PayPal: a refund of zero is a refund",
    ...of("order", "order"),
    from: ".filter((refund) => !isZero(refund))",
    to: "",
  },
  {
    name: "PayPal: a webhook is registered for names that PayPal does not have",
    ...of("webhooks", "webhooks"),
    from: "return wantedTypes.filter((name) => available.has(name));",
    to: "return wantedTypes;",
  },
  {
    name: "PayPal: calls go out under the template of the SDK's user agent",
    ...of("client", "checkout"),
    from: `headers: { ...headers, "user-agent": userAgent, accept`,
    to: "headers: { ...headers, accept",
  },
  {
    name: "PayPal: an answer that is no UTF-8 is read",
    ...of("client", "checkout"),
    from: `new TextDecoder("utf-8", { fatal: true }).decode(body)`,
    to: `new TextDecoder("utf-8").decode(body)`,
  },
  {
    name: "PayPal: swapped credentials are taken",
    ...of("credentials", "checkout"),
    from: "if (areSwapped(clientId, secret)) {",
    to: "if (clientId === undefined) {",
  },
];
