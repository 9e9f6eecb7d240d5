import type { Clock } from "../../lib/clock.ts";
import { GatewayError } from "../../lib/errors.ts";
import { type Money, toDecimal } from "../../lib/money/money.ts";
import type { Payable, Payment } from "../../lib/payment/payment.ts";
import type { Observation, Prepared, Provider } from "../../lib/payment/provider.ts";
import { newOrder, type OrderWish } from "./new-order.ts";

/** What is checked: one merchant's adapter, with credentials that move no money. */
export type Checked = {
  provider: string;
  adapter: Provider;
  scenes: readonly string[];
  clock: Clock;
  /** Given to the provider with each order. Nothing is paid, so it need not be reachable. */
  webhookUrl: string;
};

/** What a provider did that its adapter's contract does not allow. */
export class NotProven extends Error {
  override readonly name = "NotProven";
}

/**
 * The part of the contract that harms nobody at a real sandbox: no buyer, no money, every order closed again. Yields a line
 * for each thing that is proven; throws for the first that is not.
 */
export async function* safeChecks(checked: Checked): AsyncGenerator<string> {
  const { adapter, scenes } = checked;
  if (adapter.livemode) throw new NotProven("refused: with these credentials real money would move");
  if (adapter.probe) {
    const wrong = await adapter.probe();
    if (wrong !== null) throw new NotProven(`the credentials do not work: ${wrong}`);
    yield "probe: the credentials work";
  }
  const account = await adapter.account();
  if (account === "") throw new NotProven("account: it has no name");
  yield `account: ${account}`;
  for (const scene of scenes) {
    for await (const proven of sceneChecks(checked, account, scene)) yield `${scene}: ${proven}`;
  }
}

async function* sceneChecks(checked: Checked, account: string, scene: string): AsyncGenerator<string> {
  const { provider, adapter, clock, webhookUrl } = checked;
  const wish = { provider, account, scene, now: clock.now(), webhookUrl, returnUrl: webhookUrl };
  const { payment, prepared } = prepareSmall(adapter, wish);
  const { amount, orderNo } = payment;
  yield `prepared ${orderNo} over ${toDecimal(amount)} ${amount.currency}`;

  const payable = await startAs(adapter, payment, prepared);
  yield `started: the buyer gets ${handleOf(payable)}`;
  const again = await startAs(adapter, payment, prepared);
  if (again.paymentId !== payable.paymentId) {
    throw new NotProven(`started again: payment ${again.paymentId} instead of ${payable.paymentId}`);
  }
  yield `started again: still ${payable.paymentId}`;

  const stored: Payment = { ...payment, status: "pending", version: 1, payable };
  yield `looked up: ${only(await adapter.look(stored), ["open", "missing"])}`;
  // PayPal is not asked to close what nobody has approved; it forgets the order in three hours.
  if (adapter.close) yield `close: ${only(await adapter.close(stored), ["closed", "open", "missing"])}`;
}

/** One unit of the first currency that the provider can express. */
function prepareSmall(adapter: Provider, wish: Omit<OrderWish, "amount">) {
  const amounts: Money[] = ["USD", "CNY"].map((currency) => ({ minor: 100, currency }));
  for (const amount of amounts) {
    const { wanted, payment } = newOrder({ ...wish, amount });
    try {
      return { payment, prepared: adapter.prepare(wanted) };
    } catch (error) {
      if (!(error instanceof GatewayError && error.failure === "amount_not_allowed")) throw error;
    }
  }
  throw new NotProven("prepare: it takes neither USD nor CNY");
}

async function startAs(adapter: Provider, payment: Payment, prepared: Prepared): Promise<Payable> {
  const started = await adapter.start(payment, prepared, payment.orderNo);
  if (started.kind === "payable") return started.payable;
  const why = started.kind === "unknown" ? started.why : `${started.error.code}: ${started.error.message}`;
  throw new NotProven(`start: ${started.kind}: ${why}`);
}

function handleOf({ paymentUrl, qrCode, extraData }: Payable): string {
  if (paymentUrl !== "") return `a link to ${new URL(paymentUrl).host}`;
  if (qrCode !== "") return "a code to scan";
  if (Object.keys(extraData).length > 0) return `data for the scene: ${Object.keys(extraData).join(", ")}`;
  throw new NotProven("start: the buyer gets nothing to pay with");
}

function only(said: Observation[], allowed: readonly Observation["kind"][]): string {
  const [one, ...more] = said;
  const words = said.map((told) => ("why" in told ? `${told.kind} (${told.why})` : JSON.stringify(told)));
  if (one && more.length === 0 && allowed.includes(one.kind)) return words.join();
  throw new NotProven(`expected ${allowed.join(" or ")}, got ${words.join(", ") || "nothing"}`);
}
