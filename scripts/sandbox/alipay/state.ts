import type { Clock } from "../../../lib/clock.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import type { AlipayAccount } from "./accounts.ts";
import type { QrCodes } from "./qr-codes.ts";
import type { TradeRefunds } from "./trade-refunds.ts";
import type { Trades } from "./trades.ts";

/** Whether the next refund settles immediately. */
export type RefundPlan = { nextSettles: boolean };

export type State = {
  clock: Clock;
  accounts: Map<string, AlipayAccount>;
  trades: Trades;
  refunds: TradeRefunds;
  webhooks: WebhookSender;
  codes: QrCodes;
  refundPlan: RefundPlan;
};

/** The members of an answer. */
export type Fields = Record<string, unknown>;
