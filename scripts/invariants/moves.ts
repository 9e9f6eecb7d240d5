import { member } from "./invariant.ts";

/** The status changes in a payment's timeline, as a table: `was`, `became` and the source of the change. */
export const statusMoves = `(
  SELECT id, order_id, at, title, ${member("data", "from")} AS was, ${member("data", "to")} AS became,
    ${member("data", "trade_no")} AS trade_no, ${member("data", "source")} AS source
  FROM payment_logs WHERE kind = 'status')`;

/**
 * The timeline's entries about the end of a refund, each with its refund: found by refund_no, or for an external refund
 * by the provider's id. `refund_id` is NULL for an entry that belongs to no refund.
 */
export const refundMoves = `(
  SELECT l.id, l.order_id, l.at, l.was, l.became, l.source, l.amount_minor, r.id AS refund_id
  FROM (
    SELECT id, order_id, at, ${member("data", "from")} AS was, ${member("data", "to")} AS became,
      ${member("data", "refund_no")} AS refund_no, ${member("data", "refund_id")} AS provider_id,
      ${member("data", "source")} AS source, ${member("data", "amount_minor")} AS amount_minor
    FROM payment_logs WHERE kind = 'refund') l
  LEFT JOIN refunds r ON r.order_id = l.order_id
    AND (r.refund_no = l.refund_no OR (r.refund_no IS NULL AND l.refund_no = '' AND r.refund_id = l.provider_id))
  WHERE l.became IS NOT NULL)`;
