import { describe, expect, it } from "vitest";
import { type ApiAnswer, anOrder } from "../steps/api.ts";
import type { Corruption } from "../steps/corrupted-provider.ts";
import { garbage, member } from "../steps/garbage.ts";
import { proveGarbage } from "../steps/prove-garbage.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";

const long = (length: number) => "x".repeat(length);
const link = (href: unknown) => [{ rel: "payer-action", href }];
const provider = "paypal";

const scene = proveGarbage(provider, {
  input: {},
  create: [
    ["no id", member("id", undefined)],
    ["an id with a path", member("id", "../../v1/oauth2/token")],
    ["an id that is too long", member("id", long(65))],
    ["no status", member("status", undefined)],
    ["no links", member("links", undefined)],
    ["no link for the buyer", member("links", [])],
    ["a link that is a script", member("links", link("javascript:alert(1)"))],
    ["a link that is not a URL", member("links", link("checkoutnow"))],
    ["a link that is too long", member("links", link(`https://www.paypal.com/${long(4_000)}`))],
    ["a link of another type", member("links", link(7))],
    ["another order number", member("purchase_units.0.invoice_id", "UNI1")],
    ["purchase units of another type", member("purchase_units", "UNI1")],
  ],
  fetchPayment: [
    ["another id", member("id", "5O190127TN364715T")],
    ["no id", member("id", undefined)],
    ["an unknown status", member("status", "TELEPORTED")],
    ["a status of another type", member("status", 7)],
    ["the status COMPLETED without a capture", member("status", "COMPLETED")],
    ["no purchase units", member("purchase_units", undefined)],
    ["two purchase units", member("purchase_units", [{}, {}])],
    ["another order number", member("purchase_units.0.invoice_id", "UNI1")],
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
const wrongCaptures: [string, Corruption][] = [
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
  ["another order number", member("purchase_units.0.invoice_id", "UNI1")],
  ["another id", member("id", "5O190127TN364715T")],
  ["a string instead of captures", member("purchase_units.0.payments.captures", "COMPLETED")],
];

/** Corrupts every response but the first: the fetch before the capture stays valid. */
function afterTheFirst(corrupt: Corruption): Corruption {
  let count = 0;
  return (honest, response) => (count++ === 0 ? honest : corrupt(honest, response));
}

describe("PayPal captures with garbage responses", () => {
  it.each([...garbage, ...wrongCaptures])(
    "a PayPal capture answered with %s succeeds only after a valid response",
    async (_what, corrupt) => {
      const orderNo = orderNoOf(await created());
      await simulatorOf(scene().world, provider).approve(orderNo);
      await scene().world.passes(4);
      const { said, changed } = await scene().corrupted(afterTheFirst(corrupt), () =>
        scene().api.query(orderNo),
      );
      expect(changed).toBeGreaterThan(1);
      expect(said).toMatchObject({ status: 200, data: { status: "processing", trade_no: "" } });
      expect(await scene().rows.notifications(orderNo)).toEqual([]);
      await until(async () => {
        await scene().world.passes(20);
        return (await scene().api.query(orderNo)).data.status === "success";
      });
      expect(await simulatorOf(scene().world, provider).payments(orderNo)).toHaveLength(1);
    },
  );
});

describe("PayPal tokens with garbage values", () => {
  const tokens: [string, Corruption][] = [
    ["without an access_token", member("access_token", undefined)],
    ["with an empty access_token", member("access_token", "")],
    ["with an access_token of another type", member("access_token", 7)],
    ["with a line break in its access_token", member("access_token", "A21\r\nx-evil: 1")],
    ["with Chinese characters in its access_token", member("access_token", "令牌")],
    ["with an access_token that is too long", member("access_token", long(5_000))],
    ["without expires_in", member("expires_in", undefined)],
    ["with expires_in as a string", member("expires_in", "32400")],
    ["with expires_in 0", member("expires_in", 0)],
    ["with a negative expires_in", member("expires_in", -1)],
    ["with a fractional expires_in", member("expires_in", 0.5)],
    ["with an expires_in of 1e300", member("expires_in", 1e300)],
  ];
  it.each([...garbage.map(([what, corrupt]) => [`of ${what}`, corrupt] as const), ...tokens])(
    "a PayPal token response %s leaves a create processing",
    async (_what, corrupt) => {
      await simulatorOf(scene().world, provider).faults({ lose: true, expire_tokens: true, times: 1 });
      const order = anOrder({ provider });
      const { said, changed } = await scene().corrupted(
        corrupt,
        () => scene().api.create(order),
        /^\/v1\/oauth2\/token/,
      );
      expect(changed).toBeGreaterThan(0);
      expect(said).toMatchObject({ status: 504, code: 2000 });
      expect(await scene().rows.order(said.order_no)).toMatchObject({ status: "processing", payable: null });
      expect(await scene().api.create(order)).toMatchObject({
        status: 200,
        data: { order_no: said.order_no },
      });
    },
  );
});
