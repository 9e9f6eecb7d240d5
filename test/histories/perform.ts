import type { ProviderName } from "../../lib/providers/registry.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { kits, providerNames } from "../kits/kits.ts";
import { anOrder, type Data } from "../steps/api.ts";
import * as calls from "./calls.ts";
import type { Outcome } from "./environments.ts";
import type { HistoryShop, HistoryWorld } from "./history-world.ts";
import { refusalOf } from "./refusals.ts";
import { type Step, subjects } from "./steps.ts";

/** An order's slot: the merchant's request and the responses to it. */
export type Ordered = {
  shop: HistoryShop;
  provider: ProviderName;
  input: Data;
  amountMinor: number;
  /** Every successful response to the create, in order. */
  answers: Data[];
};

/** The state of a history that is being played. */
export type Played = {
  id: string;
  orders: Map<number, Ordered>;
  /** Violations found so far, as text. */
  wrong: string[];
  /** The calls of the gateway and how each ended, in order. */
  outcomes: string[];
  /** Orders with external refunds, or whose refunds changed status at the provider after their end. */
  changedInConsole: Set<string>;
};

/** Performs one step; a step that is not possible now is skipped. */
export async function perform(world: HistoryWorld, played: Played, step: Step): Promise<void> {
  switch (step.do) {
    case "create":
      return create(world, played, step);
    case "create-other":
      return createOther(world, played, step.order);
    case "webhook":
      return bringWebhook(world, played, step);
    case "wake-up":
      return bringWakeUp(world, played, step);
    case "sweep":
      return judge(played, "sweep", await world.environments.run("sweep", calls.sweep, step.fault));
    case "query":
    case "close":
    case "return":
    case "resend":
      return onOrder(world, played, step);
    case "refund":
    case "query-refund":
      return onRefund(world, played, step);
    case "set-config": {
      const [shop, provider] = [world.shops[step.shop]!, providerNames[step.provider]!];
      const work = calls.setConfig(shop, provider, shop.accounts[provider][step.account]!);
      return judge(played, "config set", await world.environments.run("config set", work, step.fault));
    }
    case "resume":
    case "kill-frozen":
      return thaw(world, played, step);
    default:
      return outside(world, played, step);
  }
}

type Of<Name extends Step["do"]> = Extract<Step, { do: Name }>;

async function create(world: HistoryWorld, played: Played, step: Of<"create">): Promise<void> {
  const ordered = played.orders.get(step.order) ?? newOrder(world, played, step);
  played.orders.set(step.order, ordered);
  const keep = (answer: Data) => void ordered.answers.push(answer);
  const work = calls.create(ordered.shop, ordered.input, keep);
  judge(played, "create", await world.environments.run("create", work, step.fault));
}

function newOrder(world: HistoryWorld, played: Played, step: Of<"create">): Ordered {
  const shop = world.shops[step.shop]!;
  const provider = providerNames[step.provider]!;
  const input = anOrder({
    provider,
    out_trade_no: `${played.id}-${step.order}`,
    amount: `${Math.floor(step.amount / 100)}.${String(step.amount % 100).padStart(2, "0")}`,
    expires_in: step.minutes * 60,
    subject: subjects[step.subject],
    config: step.second ? "second" : "default",
    ...(step.notified && { notify_url: `${shop.inboxUrl}/${step.order}` }),
  });
  return { shop, provider, input, amountMinor: step.amount, answers: [] };
}

/** Creates again with the same out_trade_no and another amount, which must be refused. */
async function createOther(world: HistoryWorld, played: Played, slot: number): Promise<void> {
  const ordered = orderAt(played, slot);
  if (!ordered || (await orderNoOf(world, ordered)) === null) return;
  const input = { ...ordered.input, amount: "55.55" };
  const work = calls.create(ordered.shop, input, () => {});
  const outcome = await world.environments.run("create", work);
  if (outcome.kind === "done") played.wrong.push("a create with another amount was accepted");
  judge(played, "create", outcome);
}

async function bringWebhook(world: HistoryWorld, played: Played, step: Of<"webhook">): Promise<void> {
  const webhook = chosen(world.webhooks, step.which);
  if (!webhook) return;
  const outcome = await world.environments.run("webhook", calls.webhook(webhook), step.fault);
  judge(played, "webhook", outcome);
  const status = outcome.kind === "done" ? outcome.value : 0;
  if (status === 500) played.wrong.push("a webhook was answered with 500");
  // An acknowledged webhook is not sent again, unless `keep` says so; one that is refused as too old is lost.
  if ((status < 300 && status > 0 && !step.keep) || status === 401) remove(world.webhooks, webhook);
}

async function bringWakeUp(world: HistoryWorld, played: Played, step: Of<"wake-up">): Promise<void> {
  const queue = world.queues[step.queue];
  const message = chosen(queue.waiting, step.which);
  if (!message) return;
  const outcome = await world.environments.run(
    `${step.queue} wake-up`,
    calls.wakeUp(step.queue, message),
    step.fault,
  );
  judge(played, `${step.queue} wake-up`, outcome);
  if (outcome.kind === "done" && !step.keep) remove(queue.waiting, message);
}

async function onOrder(
  world: HistoryWorld,
  played: Played,
  { do: command, order, fault }: Of<"query" | "close" | "return" | "resend">,
): Promise<void> {
  const ordered = orderAt(played, order);
  const orderNo = ordered && (await orderNoOf(world, ordered));
  if (!ordered || !orderNo) return;
  const work = calls.onOrder[command](ordered.shop, ordered.provider, orderNo);
  judge(played, command, await world.environments.run(command, work, fault));
}

async function onRefund(
  world: HistoryWorld,
  played: Played,
  step: Of<"refund" | "query-refund">,
): Promise<void> {
  const ordered = orderAt(played, step.order);
  if (!ordered) return;
  const refundNo = `${ordered.input.out_trade_no}-r${step.refund}`;
  const amount = step.do === "refund" ? partOf(ordered, step.part) : undefined;
  const work =
    step.do === "refund"
      ? calls.refund(ordered.shop, {
          out_trade_no: ordered.input.out_trade_no,
          refund_no: refundNo,
          ...(amount && { amount }),
        })
      : calls.queryRefundOf(ordered.shop, refundNo);
  judge(played, step.do, await world.environments.run(step.do, work, step.fault));
}

async function thaw(world: HistoryWorld, played: Played, step: Of<"resume" | "kill-frozen">): Promise<void> {
  const frozen = chosen(world.environments.frozen, step.which);
  if (!frozen) return;
  remove(world.environments.frozen, frozen);
  if (step.do === "kill-frozen") await frozen.kill();
  else judge(played, frozen.what, await frozen.resume());
}

/** Steps of buyers, providers, merchants and the network. */
async function outside(world: HistoryWorld, played: Played, step: Step): Promise<void> {
  switch (step.do) {
    case "buyer":
      return buyer(world, played, step);
    case "lose-webhook":
      return remove(world.webhooks, chosen(world.webhooks, step.which));
    case "forge-webhook":
      return forge(world, played, step.which);
    case "send-webhook-again":
    case "console-refund":
    case "refund-result":
      return atProvider(world, played, step);
    case "lose-wake-ups":
      for (const { waiting } of Object.values(world.queues)) waiting.length = 0;
      return;
    case "foreign-session":
      return externalSession(world, played, step);
    case "refuse": {
      const provider = providerNames[step.provider]!;
      const refusal = refusalOf(provider, step);
      if (await world.tell(provider, "faults", refusal)) return;
      played.wrong.push(`${provider} cannot be told to refuse: ${JSON.stringify(refusal)}`);
      return;
    }
    case "pass":
      return world.passes(step.seconds);
    case "provider-fault":
      await world.tell(providerNames[step.provider]!, "faults", step.fault);
      return;
    case "merchant-answers":
      return world.merchantAnswers(world.shops[step.shop]!, step.answer);
    case "redis":
      return world.disturbRedis(step.how);
    case "queue-down":
      for (const queue of Object.values(world.queues)) queue.down = step.down;
  }
}

async function buyer(world: HistoryWorld, played: Played, { order, what }: Of<"buyer">): Promise<void> {
  const ordered = orderAt(played, order);
  const answer = ordered?.answers[0];
  if (!ordered || !answer) return;
  if (what === "pay" && answer.payment_url) await (await fetch(String(answer.payment_url))).arrayBuffer();
  await world.tell(ordered.provider, what, { order_no: answer.order_no });
}

async function externalSession(
  world: HistoryWorld,
  played: Played,
  { order, end }: Of<"foreign-session">,
): Promise<void> {
  const ordered = orderAt(played, order);
  const orderNo = ordered && (await orderNoOf(world, ordered));
  if (!orderNo || ordered.amountMinor < (kits[ordered.provider].externalSessionFrom ?? Infinity)) return;
  const input = {
    amount: ordered.input.amount,
    currency: "cny",
    client_reference_id: orderNo,
    outcome: end,
  };
  const { account } = ordered.shop.accounts[ordered.provider][0];
  if (!(await world.tell(ordered.provider, "payment-link", { account, ...input })))
    played.wrong.push(`no Payment Link can be opened: ${JSON.stringify(input)}`);
}

/** Changes one byte of a correctly signed webhook, which must then be refused. */
async function forge(world: HistoryWorld, played: Played, which: number): Promise<void> {
  const webhook = chosen(world.webhooks, which);
  if (!webhook) return;
  const body = webhook.body.replace(/\d/, (digit) => String((Number(digit) + 1) % 10));
  const outcome = await world.environments.run("webhook", calls.webhook({ ...webhook, body }));
  judge(played, "webhook", outcome);
  if (outcome.kind === "done" && outcome.value < 300) played.wrong.push("a forged webhook was acknowledged");
}

async function atProvider(
  world: HistoryWorld,
  played: Played,
  step: Of<"send-webhook-again" | "console-refund" | "refund-result">,
): Promise<void> {
  const ordered = orderAt(played, step.order);
  const orderNo = ordered && (await orderNoOf(world, ordered));
  if (!ordered || !orderNo) return;
  const { provider } = ordered;
  if (step.do === "send-webhook-again") await world.tell(provider, "resend", { order_no: orderNo });
  if (step.do === "console-refund") {
    const amount = partOf(ordered, step.part);
    played.changedInConsole.add(orderNo);
    await world.tell(provider, "refund", { order_no: orderNo, ...(amount && { amount }) });
  }
  if (step.do !== "refund-result") return;
  const refundNo = `${ordered.input.out_trade_no}-r${step.refund}`;
  const sql = "SELECT provider_refund_no, status FROM refunds WHERE refund_no = ?";
  const [row] = await world.query(sql, [refundNo]);
  const status = refundWords(provider)[step.status]!;
  if (row?.status === "success" || row?.status === "failed") played.changedInConsole.add(orderNo);
  if (row) await world.tell(provider, "refund-result", { refund_no: row.provider_refund_no, status });
}

/** The provider's refund statuses for: succeeded, failed, pending, given up. */
export function refundWords(provider: ProviderName): readonly string[] {
  const { succeeded, failed, pending, canceled } = simulators[provider]!.refundResults;
  return [succeeded, failed, pending, canceled];
}

/** `part` sixths of the order's amount, as decimal text; `undefined`: everything that is left. */
function partOf({ amountMinor }: Ordered, part: number): string | undefined {
  const minor = Math.ceil((amountMinor * part) / 6);
  if (minor === 0) return undefined;
  return `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;
}

export async function orderNoOf(world: HistoryWorld, { shop, input }: Ordered): Promise<string | null> {
  const sql = "SELECT order_no FROM payment_orders WHERE user_id = ? AND out_trade_no = ?";
  const [row] = await world.query(sql, [shop.userId, input.out_trade_no]);
  return row ? String(row.order_no) : null;
}

/** Records an outcome. A refusal is a valid response; an internal error is a violation. */
export function judge(played: Played, what: string, outcome: Outcome<unknown>): void {
  played.outcomes.push(`${what}: ${calls.inWords(outcome)}`);
  if (outcome.kind !== "threw") return;
  const unforeseen = calls.unforeseen(outcome.error);
  if (unforeseen) played.wrong.push(`${what}: ${unforeseen}`);
}

const orderAt = ({ orders }: Played, slot: number) => chosen([...orders.values()], slot);

const chosen = <T>(list: readonly T[], which: number): T | undefined => list[which % (list.length || 1)];

function remove<T>(list: T[], item: T | undefined): void {
  const index = item === undefined ? -1 : list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
