import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { simulatorOf } from "../steps/simulator.ts";
import { strangeEvents, withMember } from "../steps/strange-events.ts";

const scene = strangeEvents("paypal");
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
const signs = (told: unknown) => scene().hand.signs(JSON.stringify(told));
const up = (href: unknown) => ({ links: [{ rel: "up", href }] });

describe("a truly signed event of PayPal", () => {
  const members: [string, string, unknown, number][] = [
    ["no id", "id", undefined, 400],
    ["an empty id", "id", "", 400],
    ["an id of another type", "id", 7, 400],
    ["an id too long", "id", long(256), 400],
    ["an id of 255 characters", "id", long(255), 200],
    ["an id of half a character", "id", "\ud800", 200],
    ["no type", "event_type", undefined, 400],
    ["an empty type", "event_type", "", 400],
    ["a type in a list", "event_type", ["PAYMENT.CAPTURE.COMPLETED"], 400],
    ["a type too long", "event_type", long(129), 400],
    ["an unknown type", "event_type", "PAYMENT.TELEPORTED", 200],
    ["a type in small letters", "event_type", "payment.capture.completed", 200],
    ["a type that is only a beginning", "event_type", "PAYMENT.CAPTURE.", 200],
    ["a resource of null", "resource", null, 200],
    ["a resource in a list", "resource", [], 200],
    ["a resource of text", "resource", "COMPLETED", 200],
    ["a resource of a number", "resource", 1234, 200],
    ["an empty resource", "resource", {}, 200],
    ["an order of another type", "resource.invoice_id", 7, 200],
    ["an empty order", "resource.invoice_id", "", 200],
    ["an order of nobody", "resource.invoice_id", "UNI1", 200],
    ["an order too long", "resource.invoice_id", long(257), 200],
    ["an order of an emoji", "resource.invoice_id", "🍵\u0000\ud800", 200],
    ["an order in a list", "resource.invoice_id", ["UNI1"], 200],
    ["another amount", "resource.amount", { currency_code: "CNY", value: "0.01" }, 200],
    ["no amount", "resource.amount", undefined, 200],
    ["an amount that is a number", "resource.amount", 12.34, 200],
    ["another account", "resource.payee", { merchant_id: "OTHER" }, 200],
    ["purchase units of text", "resource", { purchase_units: "UNI1" }, 200],
    ["purchase units of null", "resource", { purchase_units: [null] }, 200],
    ["purchase units of nothing", "resource", { purchase_units: [] }, 200],
    ["links of text", "resource", { links: "up" }, 200],
    ["a link of a number", "resource", up(7), 200],
    ["a link that leads nowhere", "resource", up("https://api-m.paypal.com/v2/payments/captures/"), 200],
    ["a link to nobody's capture", "resource", up("https://evil.example/captures/3C679366HH900000F"), 200],
    ["a link with a query", "resource", up("/captures/3C679366HH908993F?a=1"), 200],
    ["a link of 5,000 characters", "resource", up(`/captures/${long(5_000)}`), 200],
  ];
  it.each(members)("with %s settles nothing", async (_what, path, member, status) => {
    await scene().harmless(signs(withMember(capture(), path, member)), status);
  });

  const disputes: [string, unknown][] = [
    ["nothing", {}],
    ["null", null],
    ["an id of another type", { dispute_id: 7 }],
    ["an empty id", { dispute_id: "" }],
    ["transactions of text", { dispute_id: "PP-1", disputed_transactions: "all" }],
    ["a transaction of null", { dispute_id: "PP-1", disputed_transactions: [null] }],
    [
      "a transaction with a path",
      { dispute_id: "PP-1", disputed_transactions: [{ seller_transaction_id: "../x" }] },
    ],
    [
      "a transaction of nobody",
      { dispute_id: "PP-1", disputed_transactions: [{ seller_transaction_id: "3C67" }] },
    ],
    ["a reason too long", { dispute_id: "PP-1", reason: long(65) }],
  ];
  it.each(disputes)("about a dispute of %s is acknowledged and moves nothing", async (_what, resource) => {
    await scene().harmless(signs({ ...capture(), event_type: "CUSTOMER.DISPUTE.CREATED", resource }), 200);
  });

  const bodies: [string, (json: string) => string, number][] = [
    ["its end missing", (json) => json.slice(0, -1), 400],
    ["more behind its end", (json) => `${json}{}`, 400],
    ["a list around it", (json) => `[${json}]`, 400],
    ["its type twice", (json) => json.replace('"event_type"', '"event_type":"X","event_type"'), 200],
    [
      "100,000 levels",
      (json) => json.replace('"resource":{', `"resource":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)},`),
      200,
    ],
    [
      "a prototype",
      (json) => json.replace('"resource":{', '"resource":{"__proto__":{"status":"COMPLETED"},'),
      200,
    ],
    ["1 MB of blanks", (json) => json + " ".repeat(1_000_000), 200],
    ["5 MB of blanks", (json) => json + " ".repeat(5_000_000), 400],
    ["nothing", () => "", 400],
    ["null", () => "null", 400],
    ["a form", () => "payment_status=Completed", 400],
  ];
  it.each(bodies)("with %s settles nothing", async (_what, change, status) => {
    await scene().harmless(scene().hand.signs(change(JSON.stringify(capture()))), status);
  });

  it("about an order that PayPal says is not paid leaves it as it is: PayPal is asked", async () => {
    await scene().harmless(signs(capture()), 200);
    const asked = (await simulatorOf(scene().world, "paypal").calls()).length;
    await scene().world.queues.drain();
    expect((await simulatorOf(scene().world, "paypal").calls()).length).toBeGreaterThan(asked);
    expect(await scene().rows.notifications(scene().orderNo)).toEqual([]);
  });
});

describe("the headers of a PayPal event", () => {
  const time = (seconds: number) =>
    new Date(scene().world.clock.now().getTime() + seconds * 1000).toISOString();
  const headers: [string, string, (value: string) => string | undefined][] = [
    ["no id", "transmission-id", () => undefined],
    ["another id", "transmission-id", (value) => `${value}0`],
    ["an id with a separator", "transmission-id", (value) => `${value}|x`],
    ["an id of 5,000 characters", "transmission-id", () => long(5_000)],
    ["no time", "transmission-time", () => undefined],
    ["another time", "transmission-time", () => time(-1)],
    ["a time long ago", "transmission-time", () => time(-75 * 3600 - 60)],
    ["a time to come", "transmission-time", () => time(302)],
    ["a time of no day", "transmission-time", () => "2026-13-40T99:99:99Z"],
    ["a time in seconds", "transmission-time", () => "1763899200"],
    ["the time twice", "transmission-time", (value) => `${value},${value}`],
    ["no signature", "transmission-sig", () => undefined],
    ["an empty signature", "transmission-sig", () => ""],
    ["the signature twice", "transmission-sig", (value) => `${value},${value}`],
    ["a signature with more behind it", "transmission-sig", (value) => `${value}AAAA`],
    ["a signature of 5,000 characters", "transmission-sig", () => "A".repeat(5_000)],
    ["another algorithm", "auth-algo", () => "SHA1withRSA"],
    ["no algorithm", "auth-algo", () => undefined],
    ["the algorithm of nothing", "auth-algo", () => "none"],
  ];
  it.each(headers)("with %s are refused", async (_what, name, change) => {
    const call = signs(capture());
    const { [`paypal-${name}`]: value = "", ...others } = call.headers;
    const changed = change(value);
    const given = changed === undefined ? others : { ...others, [`paypal-${name}`]: changed };
    await scene().harmless({ body: call.body, headers: given }, 401);
  });

  const urls: [string, (url: string) => string][] = [
    ["another host", () => "https://evil.example/v1/notifications/certs/CERT-1"],
    [
      "PayPal's name before another's",
      () => "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    ],
    ["PayPal's name as a user", () => "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1"],
    ["a user", (url) => url.replace("//", "//user:secret@")],
    ["another port", (url) => url.replace(/:\d+/, ":1")],
    ["a path that leads out", (url) => `${url}/../../../../x`],
    ["an encoded path that leads out", (url) => `${url}%2f..%2f..%2fx`],
    ["a backslash", (url) => url.replace("/v1", "\\\\evil.example/v1")],
    ["a query", (url) => `${url}?to=https://evil.example`],
    ["a fragment", (url) => `${url}#x`],
    ["another file", (url) => url.replace("CERT-360caa42", "CERT-00000000")],
    ["no TLS", () => "http://api.paypal.com/v1/notifications/certs/CERT-1"],
    ["a file", () => "file:///etc/passwd"],
    ["data", () => "data:text/plain,-----BEGIN CERTIFICATE-----"],
    ["a metadata service", () => "http://169.254.169.254/v1/notifications/certs/CERT-1"],
    ["a URL that is none", () => "//"],
    ["a URL of 5,000 characters", (url) => url + long(5_000)],
    ["the URL twice", (url) => `${url},${url}`],
  ];
  it.each(urls)("that name a certificate by %s are refused", async (_what, change) => {
    const call = signs(capture());
    const headers = { ...call.headers, "paypal-cert-url": change(scene().certUrl) };
    await scene().harmless({ body: call.body, headers }, 401);
  });
});
