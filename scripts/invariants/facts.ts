import { currencies, exponentOf } from "../../lib/money/currencies.ts";
import { type Invariant, listOf, member } from "./invariant.ts";
import { refundMoves, statusMoves } from "./moves.ts";

const digits = (exponent: number) => listOf(currencies.filter((code) => exponentOf(code) === exponent));
const says = (name: string, value: string) => `${member("n.payload", name)} = ${value}`;
const saysAmount = (name: string, { currency, amount }: { currency: string; amount: string }) => `
  ROUND(CAST(${member("n.payload", name)} AS DECIMAL(30, 6))
    * CASE WHEN ${currency} IN (${digits(0)}) THEN 1 WHEN ${currency} IN (${digits(3)}) THEN 1000 ELSE 100 END) = ${amount}`;
const saysAll = (all: readonly string[]) => `COALESCE(${all.join(" AND ")}, 0)`;

const sameSeries = (one: string, other: string) =>
  ["subject_type", "subject_id", "event"]
    .map((column) => `${one}.${column} = ${other}.${column}`)
    .join(" AND ");
/** The first row of its event id. Later rows with that id are resends; another id is another notification event. */
const isFirst = (task: string) => `NOT EXISTS (
        SELECT 1 FROM deliveries earlier WHERE ${sameSeries("earlier", task)}
          AND earlier.event_id = ${task}.event_id AND earlier.generation < ${task}.generation)`;

/** Invariants of notifications: every final status has its notification, every notification its final status. */
export const factInvariants: readonly Invariant[] = [
  {
    invariant: "notified-once",
    name: "Every final status of a payment is notified, unless the create request itself returned it.",
    sql: `
      SELECT o.order_no, m.became AS untold FROM ${statusMoves} m JOIN payment_orders o ON o.id = m.order_id
      LEFT JOIN deliveries n ON n.subject_type = 'payment' AND n.subject_id = o.id
        AND n.event = CONCAT('payment.', m.became) AND ${isFirst("n")}
      WHERE m.became IN ('success', 'failed', 'closed') AND o.notify_url IS NOT NULL
        AND NOT (m.became = 'failed' AND o.refusal IS NOT NULL) AND n.id IS NULL`,
  },
  {
    // A refusal that was returned to the caller is not notified.
    invariant: "notified-once",
    name: "Every final status of a refund is notified, unless the refund request itself returned it.",
    sql: `
      SELECT o.order_no, m.refund_id AS refund, m.became AS untold, m.ends
      FROM (
        SELECT order_id, refund_id, became, COUNT(*) AS ends FROM ${refundMoves} moves
        WHERE refund_id IS NOT NULL AND NOT (became = 'failed' AND source = 'call')
        GROUP BY order_id, refund_id, became) m
      JOIN payment_orders o ON o.id = m.order_id
      WHERE o.notify_url IS NOT NULL AND m.ends > (
        SELECT COUNT(*) FROM deliveries n WHERE n.subject_type = 'refund' AND n.subject_id = m.refund_id
          AND n.event = CONCAT('refund.', m.became) AND ${isFirst("n")})`,
  },
  {
    invariant: "notified-once",
    name: "A payment notification belongs to a final status of its payment, from the same commit.",
    sql: `
      SELECT n.id AS task, n.subject_type, n.event, n.created_at FROM deliveries n
      LEFT JOIN payment_orders o ON o.id = n.subject_id
      LEFT JOIN ${statusMoves} m ON m.order_id = o.id AND CONCAT('payment.', m.became) = n.event
        AND m.at = n.created_at
      WHERE n.subject_type <> 'refund' AND ${isFirst("n")}
        AND (m.id IS NULL OR n.subject_type <> 'payment' OR n.order_id <> o.id)`,
  },
  {
    invariant: "notified-once",
    name: "A refund notification belongs to a final status of its refund, from the same commit.",
    sql: `
      SELECT n.id AS task, n.event, n.created_at FROM deliveries n
      LEFT JOIN ${refundMoves} m ON m.refund_id = n.subject_id AND CONCAT('refund.', m.became) = n.event
        AND m.at = n.created_at AND m.order_id = n.order_id
      WHERE n.subject_type = 'refund' AND ${isFirst("n")} AND m.id IS NULL`,
  },
  {
    invariant: "notified-once",
    name: "The generations of a notification are numbered from 1 without gaps or repeats.",
    sql: `
      SELECT subject_type, subject_id, event, COUNT(*) AS generations, MIN(generation) AS first, MAX(generation) AS last
      FROM deliveries GROUP BY subject_type, subject_id, event
      HAVING MIN(generation) <> 1 OR MAX(generation) <> COUNT(*) OR COUNT(DISTINCT generation) <> COUNT(*)`,
  },
  {
    invariant: "notified-once",
    name: "Exactly the older generations of a notification event are superseded.",
    sql: `
      SELECT n.id AS task, n.event, n.event_id, n.generation, n.status FROM deliveries n
      WHERE (n.status = 'superseded') <> EXISTS (
        SELECT 1 FROM deliveries later WHERE ${sameSeries("later", "n")}
          AND later.event_id = n.event_id AND later.generation > n.generation)`,
  },
  {
    invariant: "same-id-same-bytes",
    name: "All generations of a notification event have the same payload bytes, URL and order.",
    sql: `
      SELECT n.id AS task, n.event, n.event_id, n.generation FROM deliveries n
      JOIN deliveries first ON ${sameSeries("first", "n")} AND first.event_id = n.event_id
        AND first.generation < n.generation
      WHERE CAST(n.payload AS BINARY) <> CAST(first.payload AS BINARY)
        OR CAST(n.url AS BINARY) <> CAST(first.url AS BINARY) OR n.order_id <> first.order_id`,
  },
  {
    invariant: "same-id-same-bytes",
    name: "No two notification events have the same event_id.",
    sql: `
      SELECT n.event_id, COUNT(*) AS series FROM deliveries n WHERE ${isFirst("n")}
      GROUP BY n.event_id HAVING COUNT(*) > 1`,
  },
  {
    invariant: "same-id-same-bytes",
    name: "A notification's payload holds the event, order, amount and status of its row.",
    sql: `
      SELECT n.id AS task, n.event, o.order_no, n.payload FROM deliveries n
      LEFT JOIN payment_orders o ON o.id = n.order_id
      WHERE NOT ${saysAll([
        says("event", "n.event"),
        says("event_id", "n.event_id"),
        says("order_no", "o.order_no"),
        says("out_trade_no", "o.out_trade_no"),
        says("currency", "o.currency"),
        saysAmount("amount", { currency: "o.currency", amount: "o.amount_minor" }),
        says("status", "IF(n.subject_type = 'refund', 'success', SUBSTRING(n.event, 9))"),
        `(n.event IN ('payment.failed', 'payment.closed') OR ${says("trade_no", "o.trade_no")})`,
      ])}`,
  },
  {
    invariant: "same-id-same-bytes",
    name: "A refund notification's payload holds the refund's number, amount and status.",
    sql: `
      SELECT n.id AS task, n.event, r.refund_no, n.payload FROM deliveries n
      LEFT JOIN refunds r ON r.id = n.subject_id
      WHERE n.subject_type = 'refund' AND NOT ${saysAll([
        says("refund_no", "COALESCE(r.refund_no, '')"),
        saysAmount("refund_amount", { currency: "r.currency", amount: "r.amount_minor" }),
        says("refund_status", "SUBSTRING(n.event, 8)"),
      ])}`,
  },
  {
    invariant: "event-order-irrelevant",
    name: "Every notification event of a payment has a different version, which the payment has reached.",
    sql: `
      SELECT task, order_no, version, told, facts FROM (
        SELECT n.id AS task, o.order_no, o.version, n.told, COUNT(*) OVER (PARTITION BY n.order_id, n.told) AS facts
        FROM (SELECT f.id, f.order_id, CAST(${member("f.payload", "version")} AS SIGNED) AS told FROM deliveries f
              WHERE ${isFirst("f")}) n
        JOIN payment_orders o ON o.id = n.order_id) versions
      WHERE facts > 1 OR COALESCE(told BETWEEN 2 AND version, 0) = 0`,
  },
];
