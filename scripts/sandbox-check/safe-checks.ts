import type { Clock } from "../../lib/clock.ts";
import type { Payable, Payment, Prepared } from "../../lib/domain/payment.ts";
import type { Provider, ProviderEvent } from "../../lib/domain/provider.ts";
import { GatewayError } from "../../lib/errors.ts";
import { type Money, toDecimal } from "../../lib/money/money.ts";
import { newOrder, type OrderOptions } from "./new-order.ts";

/** The subject of the checks: one merchant's adapter, with credentials that move no money. */
export type Checked = {
  provider: string;
  adapter: Provider;
  scenes: readonly string[];
  clock: Clock;
  /** Sent to the provider with each order. Nothing is paid, so it need not be reachable. */
  webhookUrl: string;
};

/** A check failed: the provider's behaviour violates the contract of its adapter. */
export class NotProven extends Error {
  override readonly name = "NotProven";
}

/**
 * The checks of the contract that do no harm at a real sandbox: no buyer, no money, every order closed again. Yields a
 * line for each check that passes; throws on the first that fails.
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
  if (account === "") throw new NotProven("account: the adapter returned an empty name");
  yield `account: ${account}`;
  for (const scene of scenes) {
    for await (const proven of sceneChecks(checked, account, scene)) yield `${scene}: ${proven}`;
  }
}

async function* sceneChecks(checked: Checked, account: string, scene: string): AsyncGenerator<string> {
  const { provider, adapter, clock, webhookUrl } = checked;
  const options = { provider, account, scene, now: clock.now(), webhookUrl, returnUrl: webhookUrl };
  const { payment, prepared } = prepareSmall(adapter, options);
  const { amount, orderNo } = payment;
  yield `prepared ${orderNo} over ${toDecimal(amount)} ${amount.currency}`;

  const payable = await createPayable(adapter, payment, prepared);
  yield `created: the buyer gets ${handleOf(payable)}`;
  const again = await createPayable(adapter, payment, prepared);
  if (again.paymentId !== payable.paymentId) {
    throw new NotProven(`created again: payment ${again.paymentId} instead of ${payable.paymentId}`);
  }
  yield `created again: still ${payable.paymentId}`;

  const stored: Payment = { ...payment, status: "pending", version: 1, payable };
  yield `fetched: ${only(await adapter.fetchPayment(stored), ["open", "missing"])}`;
  // PayPal's adapter closes nothing: an order that is not approved expires after three hours.
  if (adapter.close) yield `close: ${only(await adapter.close(stored), ["closed", "open", "missing"])}`;
}

/** A payment of one unit in the first currency that the provider accepts. */
function prepareSmall(adapter: Provider, options: Omit<OrderOptions, "amount">) {
  const amounts: Money[] = ["USD", "CNY"].map((currency) => ({ minor: 100, currency }));
  for (const amount of amounts) {
    const { input, payment } = newOrder({ ...options, amount });
    try {
      return { payment, prepared: adapter.prepare(input) };
    } catch (error) {
      if (!(error instanceof GatewayError && error.failure === "amount_not_allowed")) throw error;
    }
  }
  throw new NotProven("prepare: the provider accepts neither USD nor CNY");
}

async function createPayable(adapter: Provider, payment: Payment, prepared: Prepared): Promise<Payable> {
  const started = await adapter.createPayment(payment, prepared, payment.orderNo);
  if (started.kind === "payable") return started.payable;
  const why = started.kind === "unknown" ? started.why : `${started.error.code}: ${started.error.message}`;
  throw new NotProven(`create: ${started.kind}: ${why}`);
}

function handleOf({ paymentUrl, qrCode, extraData }: Payable): string {
  if (paymentUrl !== "") return `a link to ${new URL(paymentUrl).host}`;
  if (qrCode !== "") return "a code to scan";
  if (Object.keys(extraData).length > 0) return `data for the scene: ${Object.keys(extraData).join(", ")}`;
  throw new NotProven("create: the buyer gets nothing to pay with");
}

function only(said: ProviderEvent[], allowed: readonly ProviderEvent["kind"][]): string {
  const [one, ...more] = said;
  const words = said.map((event) =>
    "why" in event ? `${event.kind} (${event.why})` : JSON.stringify(event),
  );
  if (one && more.length === 0 && allowed.includes(one.kind)) return words.join();
  throw new NotProven(`expected ${allowed.join(" or ")}, got ${words.join(", ") || "nothing"}`);
}
