import { describe, expect, it } from "vitest";
import { type ApiAnswer, anOrder } from "../steps/api.ts";
import { garbage, member } from "../steps/garbage.ts";
import type { Garble } from "../steps/garbled-provider.ts";
import { proveGarbage } from "../steps/prove-garbage.ts";
import { simulatorOf, until } from "../steps/simulator.ts";

const long = (length: number) => "x".repeat(length);
const link = (href: unknown) => [{ rel: "payer-action", href }];
const provider = "paypal";

const scene = proveGarbage(provider, {
  wanted: {},
  create: [
    ["no id", member("id", undefined)],
    ["an id with a path", member("id", "../../v1/oauth2/token")],
    ["an id too long", member("id", long(65))],
    ["no status", member("status", undefined)],
    ["no links", member("links", undefined)],
    ["no link for the buyer", member("links", [])],
    ["a link that is a script", member("links", link("javascript:alert(1)"))],
    ["a link that is none", member("links", link("checkoutnow"))],
    ["a link too long", member("links", link(`https://www.paypal.com/${long(4_000)}`))],
    ["a link of another type", member("links", link(7))],
    ["another order", member("purchase_units.0.invoice_id", "UNI1")],
    ["units of another type", member("purchase_units", "UNI1")],
  ],
  look: [
    ["another id", member("id", "5O190127TN364715T")],
    ["no id", member("id", undefined)],
    ["an unknown status", member("status", "TELEPORTED")],
    ["a status of another type", member("status", 7)],
    ["done, without a capture", member("status", "COMPLETED")],
    ["no units", member("purchase_units", undefined)],
    ["two units", member("purchase_units", [{}, {}])],
    ["another order", member("purchase_units.0.invoice_id", "UNI1")],
  ],
  refund: [
    ["no id", member("id", undefined)],
    ["an id with a path", member("id", "../x")],
    ["no status", member("status", undefined)],
    ["a status of another type", member("status", 7)],
  ],
});

const created = () => scene().api.create(anOrder({ provider }));
const orderNoOf = ({ data }: ApiAnswer) => String(data.order_no);

const amount = { currency_code: "CNY", value: "12.34" };
const captures = (change: object) => [{ id: "3C679366HH908993F", status: "COMPLETED", amount, ...change }];
const inCapture = (change: object) => member("purchase_units.0.payments.captures", captures(change));
const wrongCaptures: [string, Garble][] = [
  ["another amount", inCapture({ amount: { currency_code: "CNY", value: "12.33" } })],
  ["an amount that is a number", inCapture({ amount: { currency_code: "CNY", value: 12.34 } })],
  ["an amount of three decimals", inCapture({ amount: { currency_code: "CNY", value: "12.341" } })],
  ["a negative amount", inCapture({ amount: { currency_code: "CNY", value: "-12.34" } })],
  ["another currency", inCapture({ amount: { currency_code: "USD", value: "12.34" } })],
  ["an unknown currency", inCapture({ amount: { currency_code: "XYZ", value: "12.34" } })],
  ["no amount", inCapture({ amount: undefined })],
  ["an id with a path", inCapture({ id: "../x" })],
  ["an unknown status", inCapture({ status: "TELEPORTED" })],
  ["another payee", member("purchase_units.0.payee", { merchant_id: "OTHER00000000" })],
  ["no payee", member("purchase_units.0.payee", undefined)],
  ["another order", member("purchase_units.0.invoice_id", "UNI1")],
  ["another id", member("id", "5O190127TN364715T")],
  ["captures of text", member("purchase_units.0.payments.captures", "COMPLETED")],
];

/** The look before the capture is honest; whatever comes after it is not. */
function afterTheFirst(garble: Garble): Garble {
  let count = 0;
  return (honest, response) => (count++ === 0 ? honest : garble(honest, response));
}

describe("a capture that is answered with", () => {
  it.each([...garbage, ...wrongCaptures])("%s is no success until PayPal says so", async (_what, garble) => {
    const orderNo = orderNoOf(await created());
    await simulatorOf(scene().world, provider).approve(orderNo);
    await scene().world.passes(4);
    const { said, changed } = await scene().garbled(afterTheFirst(garble), () => scene().api.query(orderNo));
    expect(changed).toBeGreaterThan(1);
    expect(said).toMatchObject({ status: 200, data: { status: "processing", trade_no: "" } });
    expect(await scene().rows.notifications(orderNo)).toEqual([]);
    await until(async () => {
      await scene().world.passes(20);
      return (await scene().api.query(orderNo)).data.status === "success";
    });
    expect(await simulatorOf(scene().world, provider).payments(orderNo)).toHaveLength(1);
  });
});

describe("a token that is", () => {
  const tokens: [string, Garble][] = [
    ["not there", member("access_token", undefined)],
    ["empty", member("access_token", "")],
    ["of another type", member("access_token", 7)],
    ["with a line end", member("access_token", "A21\r\nx-evil: 1")],
    ["of another alphabet", member("access_token", "令牌")],
    ["too long", member("access_token", long(5_000))],
    ["without its time", member("expires_in", undefined)],
    ["of a time as text", member("expires_in", "32400")],
    ["of no time", member("expires_in", 0)],
    ["of a negative time", member("expires_in", -1)],
    ["of half a second", member("expires_in", 0.5)],
    ["of an endless time", member("expires_in", 1e300)],
  ];
  it.each([...garbage, ...tokens])("%s leaves a create processing", async (_what, garble) => {
    await simulatorOf(scene().world, provider).faults({ lose: true, expire_tokens: true, times: 1 });
    const order = anOrder({ provider });
    const { said, changed } = await scene().garbled(
      garble,
      () => scene().api.create(order),
      /^\/v1\/oauth2\/token/,
    );
    expect(changed).toBeGreaterThan(0);
    expect(said).toMatchObject({ status: 504, code: 2000 });
    expect(await scene().rows.order(said.order_no)).toMatchObject({ status: "processing", payable: null });
    expect(await scene().api.create(order)).toMatchObject({ status: 200, data: { order_no: said.order_no } });
  });
});
