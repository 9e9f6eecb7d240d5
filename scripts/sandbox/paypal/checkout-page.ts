import { type Call, Refusal, type Reply, seeOther } from "../kernel/call.ts";
import { messagePage, payPage } from "../kernel/page.ts";
import { shownValue } from "./money.ts";
import { buyerUrl } from "./order.ts";
import type { Orders } from "./orders.ts";
import type { Order } from "./records.ts";

const title = "PayPal (simulated)";

/** The buyer's checkout page: approves the order, which takes no money yet, or returns to the shop. */
export function browseCheckout(orders: Orders, call: Call): Reply {
  const [, act] = /^\/checkoutnow(?:\/(approve|cancel))?$/.exec(call.path) ?? [];
  const order = orders.all().find(({ id }) => id === call.query.get("token"));
  if (!order || (call.method === "POST") !== (act !== undefined)) {
    throw new Refusal(404, `PayPal has no ${call.method} ${call.path}.`);
  }
  if (order.capture || order.lapsed) return messagePage(title, "This order can no longer be approved.", 410);
  if (act === "approve") return approved(orders, order);
  if (act === "cancel") return back(order, order.input.cancelUrl, "You have not approved.");
  const { amount, description } = order.input;
  return payPage({
    provider: "PayPal",
    subject: description ?? "",
    amount: `${shownValue(amount)} ${amount.currency}`,
    payUrl: buyerUrl(order, "").replace("?", "/approve?"),
    failUrl: buyerUrl(order, "").replace("?", "/cancel?"),
    failLabel: "Cancel and return",
  });
}

function approved(orders: Orders, order: Order): Reply {
  orders.approve(order, "good");
  return back(order, order.input.returnUrl, "You have approved.", { PayerID: order.payerId });
}

function back(order: Order, target: string | undefined, message: string, more = {}): Reply {
  if (target === undefined) return messagePage(title, message);
  const url = new URL(target);
  for (const [name, value] of Object.entries({ token: order.id, ...more })) {
    url.searchParams.set(name, String(value));
  }
  return seeOther(url.href);
}
