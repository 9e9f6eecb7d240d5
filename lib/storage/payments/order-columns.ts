import type { Payable } from "../../domain/payment.ts";
import type { PaymentState, PaymentStatus } from "../../domain/payment-state.ts";
import type { ProviderError } from "../../errors.ts";
import {
  column,
  emptyIfNull,
  filledIn,
  flag,
  json,
  minorUnits,
  nullable,
  rowMapper,
  type StoredRow,
  same,
} from "../columns.ts";

const text = same<string>();
const time = same<Date>();
const count = same<number>();

/** The columns of `payment_orders` that a payment is read from and inserted with. */
const columns = {
  id: filledIn("id", text),
  orderNo: column("order_no", text),
  userId: filledIn("user_id", text),
  configId: column("config_id", text),
  provider: column("provider", text),
  providerAccount: column("provider_account", text),
  scene: column("scene", text),
  outTradeNo: column("out_trade_no", text),
  subject: column("subject", text),
  body: column("body", text),
  amountMinor: column("amount_minor", minorUnits),
  currency: column("currency", text),
  state: column("state", same<PaymentState>()),
  status: filledIn("status", same<PaymentStatus>()),
  version: column("version", count),
  tradeNo: column("trade_no", emptyIfNull),
  objectId: column("payment_id", nullable(text)),
  payable: column("payable", nullable(json<Payable>())),
  payableUntil: column("payable_until", nullable(time)),
  payableVersion: column("payable_version", nullable(count)),
  refusal: column("refusal", nullable(json<ProviderError>())),
  notifyUrl: column("notify_url", nullable(text)),
  returnUrl: column("return_url", nullable(text)),
  metadata: column("metadata", json<Record<string, string>>()),
  livemode: column("livemode", flag),
  lateSuccess: column("late_success", flag),
  closeRequested: column("close_requested", flag),
  refundedMinor: column("refunded_minor", minorUnits),
  reservedMinor: column("refund_reserved_minor", minorUnits),
  captureKey: column("capture_key", nullable(text)),
  pollCount: column("poll_count", count),
  createdAt: column("created_at", time),
  updatedAt: column("updated_at", time),
  expiresAt: column("expires_at", time),
  paidAt: column("paid_at", nullable(time)),
  closedAt: column("closed_at", nullable(time)),
  polledAt: column("polled_at", nullable(time)),
  nextPollAt: column("next_poll_at", nullable(time)),
  unansweredSince: column("unanswered_since", nullable(time)),
  quietFrom: column("quiet_from", nullable(time)),
};

export const orderRow = rowMapper(columns);
export const orderColumns = orderRow.names;
/** As `orderColumns`, for a join that names the table `o`. */
export const joinedOrderColumns = orderColumns.map((name) => `o.${name}` as const);
export type OrderRow = StoredRow<typeof columns>;
