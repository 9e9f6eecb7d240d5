import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { malformedEvents, withMember } from "../steps/malformed-events.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { certificatePath } from "../unit/providers/paypal/account.ts";

const scene = malformedEvents("paypal");
const long = (length: number) => "x".repeat(length);

const capture = () => ({
  id: `WH-${randomUUID()}`,
  event_type: "PAYMENT.CAPTURE.COMPLETED",
  resource: {
    id: "3C679366HH908993F",
    status: "COMPLETED",
    invoice_id: scene().orderNo as unknown,
    amount: { currency_code: "CNY", value: "12.34" },
    payee: { merchant_id: scene().shop.accounts.paypal!.account },
  } as unknown,
});
const signs = (notified: unknown) => scene().signer.signs(JSON.stringify(notified));
const up = (href: unknown) => ({ links: [{ rel: "up", href }] });

describe("signed PayPal events", () => {
  const members: [string, string, unknown, number][] = [
    ["no id", "id", undefined, 400],
    ["an empty id", "id", "", 400],
    ["an id of another type", "id", 7, 400],
    ["too long an id", "id", long(256), 400],
    ["an id of 255 characters", "id", long(255), 200],
    ["a lone surrogate as id", "id", "\ud800", 200],
    ["no type", "event_type", undefined, 400],
    ["an empty type", "event_type", "", 400],
    ["a type in a list", "event_type", ["PAYMENT.CAPTURE.COMPLETED"], 400],
    ["too long a type", "event_type", long(129), 400],
    ["an unknown type", "event_type", "PAYMENT.TELEPORTED", 200],
    ["a type in lower case", "event_type", "payment.capture.completed", 200],
    ["a type that is only a prefix", "event_type", "PAYMENT.CAPTURE.", 200],
    ["null as resource", "resource", null, 200],
    ["a resource in a list", "resource", [], 200],
    ["text as resource", "resource", "COMPLETED", 200],
    ["a number as resource", "resource", 1234, 200],
    ["an empty resource", "resource", {}, 200],
    ["an order number of another type", "resource.invoice_id", 7, 200],
    ["an empty order number", "resource.invoice_id", "", 200],
    ["an unknown order number", "resource.invoice_id", "UNI1", 200],
    ["too long an order number", "resource.invoice_id", long(257), 200],
    ["an emoji as order number", "resource.invoice_id", "🍵\u0000\ud800", 200],
    ["an order number in a list", "resource.invoice_id", ["UNI1"], 200],
    ["another amount", "resource.amount", { currency_code: "CNY", value: "0.01" }, 200],
    ["no amount", "resource.amount", undefined, 200],
    ["an amount that is a number", "resource.amount", 12.34, 200],
    ["another account", "resource.payee", { merchant_id: "OTHER" }, 200],
    ["text as purchase units", "resource", { purchase_units: "UNI1" }, 200],
    ["null in its purchase units", "resource", { purchase_units: [null] }, 200],
    ["no purchase units", "resource", { purchase_units: [] }, 200],
    ["text as links", "resource", { links: "up" }, 200],
    ["a number as link", "resource", up(7), 200],
    ["a link without a capture id", "resource", up("https://api-m.paypal.com/v2/payments/captures/"), 200],
    ["a link to an unknown capture", "resource", up("https://evil.example/captures/3C679366HH900000F"), 200],
    ["a link with a query", "resource", up("/captures/3C679366HH908993F?a=1"), 200],
    ["a link of 5,000 characters", "resource", up(`/captures/${long(5_000)}`), 200],
  ];
  it.each(members)("a signed PayPal event with %s settles nothing", async (_what, path, member, status) => {
    await scene().harmless(signs(withMember(capture(), path, member)), status);
  });

  const disputes: [string, unknown][] = [
    ["an empty resource", {}],
    ["null as resource", null],
    ["an id of another type", { dispute_id: 7 }],
    ["an empty id", { dispute_id: "" }],
    ["text as transactions", { dispute_id: "PP-1", disputed_transactions: "all" }],
    ["null as transaction", { dispute_id: "PP-1", disputed_transactions: [null] }],
    [
      "a path as transaction id",
      { dispute_id: "PP-1", disputed_transactions: [{ seller_transaction_id: "../x" }] },
    ],
    [
      "an unknown transaction",
      { dispute_id: "PP-1", disputed_transactions: [{ seller_transaction_id: "3C67" }] },
    ],
    ["too long a reason", { dispute_id: "PP-1", reason: long(65) }],
  ];
  it.each(disputes)(
    "a signed PayPal dispute event with %s is acknowledged and changes nothing",
    async (_what, resource) => {
      await scene().harmless(signs({ ...capture(), event_type: "CUSTOMER.DISPUTE.CREATED", resource }), 200);
    },
  );

  const bodies: [string, (json: string) => string, number][] = [
    ["cut off", (json) => json.slice(0, -1), 400],
    ["followed by more JSON", (json) => `${json}{}`, 400],
    ["wrapped in a list", (json) => `[${json}]`, 400],
    ["repeating its type", (json) => json.replace('"event_type"', '"event_type":"X","event_type"'), 200],
    [
      "nested 100,000 levels deep",
      (json) => json.replace('"resource":{', `"resource":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)},`),
      200,
    ],
    [
      "carrying a __proto__ member",
      (json) => json.replace('"resource":{', '"resource":{"__proto__":{"status":"COMPLETED"},'),
      200,
    ],
    ["padded with 1 MB of spaces", (json) => json + " ".repeat(1_000_000), 200],
    ["padded with 5 MB of spaces", (json) => json + " ".repeat(5_000_000), 400],
    ["empty", () => "", 400],
    ["null", () => "null", 400],
    ["a form", () => "payment_status=Completed", 400],
  ];
  it.each(bodies)("a signed PayPal event whose body is %s settles nothing", async (_what, change, status) => {
    await scene().harmless(scene().signer.signs(change(JSON.stringify(capture()))), status);
  });

  it("a signed PayPal event about an order that PayPal calls unpaid only triggers a fetch", async () => {
    await scene().harmless(signs(capture()), 200);
    const requested = (await simulatorOf(scene().world, "paypal").calls()).length;
    await scene().world.queues.drain();
    expect((await simulatorOf(scene().world, "paypal").calls()).length).toBeGreaterThan(requested);
    expect(await scene().rows.notifications(scene().orderNo)).toEqual([]);
  });
});

describe("headers of PayPal events", () => {
  const time = (seconds: number) =>
    new Date(scene().world.clock.now().getTime() + seconds * 1000).toISOString();
  const headers: [string, string, (value: string) => string | undefined][] = [
    ["no id", "transmission-id", () => undefined],
    ["another id", "transmission-id", (value) => `${value}0`],
    ["an id with a separator", "transmission-id", (value) => `${value}|x`],
    ["an id of 5,000 characters", "transmission-id", () => long(5_000)],
    ["no time", "transmission-time", () => undefined],
    ["another time", "transmission-time", () => time(-1)],
    ["a time too long ago", "transmission-time", () => time(-75 * 3600 - 60)],
    ["a time in the future", "transmission-time", () => time(302)],
    ["a time on a day that does not exist", "transmission-time", () => "2026-13-40T99:99:99Z"],
    ["a time in seconds", "transmission-time", () => "1763899200"],
    ["the time twice", "transmission-time", (value) => `${value},${value}`],
    ["no signature", "transmission-sig", () => undefined],
    ["an empty signature", "transmission-sig", () => ""],
    ["the signature twice", "transmission-sig", (value) => `${value},${value}`],
    ["data after the signature", "transmission-sig", (value) => `${value}AAAA`],
    ["a signature of 5,000 characters", "transmission-sig", () => "A".repeat(5_000)],
    ["another algorithm", "auth-algo", () => "SHA1withRSA"],
    ["no algorithm", "auth-algo", () => undefined],
    ["none as algorithm", "auth-algo", () => "none"],
  ];
  it.each(headers)("a PayPal event whose headers have %s is refused", async (_what, name, change) => {
    const call = signs(capture());
    const { [`paypal-${name}`]: value = "", ...others } = call.headers;
    const changed = change(value);
    const provided = changed === undefined ? others : { ...others, [`paypal-${name}`]: changed };
    await scene().harmless({ body: call.body, headers: provided }, 401);
  });

  const urls: [string, (url: string) => string][] = [
    ["another host", () => "https://evil.example/v1/notifications/certs/CERT-1"],
    [
      "PayPal's host name as a subdomain of another",
      () => "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    ],
    [
      "PayPal's host name as user name",
      () => "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
    ],
    ["a user name and password", (url) => url.replace("//", "//user:secret@")],
    ["another port", (url) => url.replace(/:\d+/, ":1")],
    ["a path traversal", (url) => `${url}/../../../../x`],
    ["an encoded path traversal", (url) => `${url}%2f..%2f..%2fx`],
    ["a backslash", (url) => url.replace("/v1", "\\\\evil.example/v1")],
    ["a query", (url) => `${url}?to=https://evil.example`],
    ["a fragment", (url) => `${url}#x`],
    ["another file name", (url) => url.replace("CERT-360caa42", "CERT-00000000")],
    ["no TLS", () => "http://api.paypal.com/v1/notifications/certs/CERT-1"],
    ["the file scheme", () => "file:///etc/passwd"],
    ["the data scheme", () => "data:text/plain,-----BEGIN CERTIFICATE-----"],
    ["the metadata service as host", () => "http://169.254.169.254/v1/notifications/certs/CERT-1"],
    ["no host", () => "//"],
    ["5,000 characters", (url) => url + long(5_000)],
    ["a second URL after a comma", (url) => `${url},${url}`],
  ];
  it.each(urls)("a PayPal event whose certificate URL has %s is refused", async (_what, change) => {
    const call = signs(capture());
    const headers = { ...call.headers, "paypal-cert-url": change(scene().baseUrl + certificatePath) };
    await scene().harmless({ body: call.body, headers }, 401);
  });
});
