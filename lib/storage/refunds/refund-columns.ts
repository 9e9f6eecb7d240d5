import type { Prepared } from "../../domain/payment.ts";
import type { RefundStatus } from "../../domain/refund-status.ts";
import type { ProviderError } from "../../errors.ts";
import {
  column,
  emptyIfNull,
  filledIn,
  json,
  minorUnits,
  nullable,
  rowMapper,
  type StoredRow,
  same,
} from "../columns.ts";

const text = same<string>();
const time = same<Date>();

/** The columns of `refunds` that a refund is read from and inserted with. */
const columns = {
  id: filledIn("id", text),
  userId: filledIn("user_id", text),
  orderId: column("order_id", text),
  refundNo: column("refund_no", emptyIfNull),
  providerRefundNo: column("provider_refund_no", text),
  amountMinor: column("amount_minor", minorUnits),
  currency: column("currency", text),
  status: column("status", same<RefundStatus>()),
  reason: column("reason", text),
  prepared: column("prepared", json<Prepared>()),
  idempotencyKey: column("idempotency_key", text),
  refundId: column("refund_id", emptyIfNull),
  refusal: column("refusal", nullable(json<ProviderError>())),
  createdAt: column("created_at", time),
  updatedAt: column("updated_at", time),
};

export const refundColumns = rowMapper(columns);
export type RefundRow = StoredRow<typeof columns>;
