import type { Mutant } from "../mutant.ts";
import { ofAdapter } from "../of-adapter.ts";

const of = ofAdapter("paypal");

/** What PayPal's adapter checks before it says anything: who says it, of which account, order and amount. */
export const paypalGuards: Mutant[] = [
  {
    name: "PayPal: an event with any signature is believed",
    ...of("signature", "signature"),
    from: "if (!fits) {",
    to: 'if (!fits && id === "") {',
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
    from: `if (orderNo) return [{ kind: "hint", orderNo, why: type }];`,
    to: `if (orderNo) return [{ kind: "closed", orderNo, why: type }];`,
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
    from: "paypalRequestId: providerRefundNo,",
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
];
