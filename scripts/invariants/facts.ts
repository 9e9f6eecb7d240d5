import { currencies, exponentOf } from "../../lib/money/currencies.ts";
import { type Invariant, listOf, member } from "./invariant.ts";
import { refundMoves, statusMoves } from "./moves.ts";

const digits = (wanted: number) => listOf(currencies.filter((code) => exponentOf(code) === wanted));
const says = (name: string, value: string) => `${member("n.payload", name)} = ${value}`;
const saysAmount = (name: string, { currency, amount }: { currency: string; amount: string }) => `
  ROUND(CAST(${member("n.payload", name)} AS DECIMAL(30, 6))
    * CASE WHEN ${currency} IN (${digits(0)}) THEN 1 WHEN ${currency} IN (${digits(3)}) THEN 1000 ELSE 100 END) = ${amount}`;
const saysAll = (all: readonly string[]) => `COALESCE(${all.join(" AND ")}, 0)`;

const sameSeries = (one: string, other: string) =>
  ["subject_type", "subject_id", "event"]
    .map((column) => `${one}.${column} = ${other}.${column}`)
    .join(" AND ");
/** The first row of its event id: what made it known. Later rows of that id are resends; another id is another fact. */
const isFirst = (task: string) => `NOT EXISTS (
        SELECT 1 FROM notify_queue earlier WHERE ${sameSeries("earlier", task)}
          AND earlier.event_id = ${task}.event_id AND earlier.generation < ${task}.generation)`;

/** What is to be told to merchants: no fact without its series, no series without its fact. */
export const factInvariants: readonly Invariant[] = [
  {
    invariant: 8,
    name: "Each end of a payment is told, unless the create itself was answered with it.",
    sql: `
      SELECT o.order_no, m.became AS untold FROM ${statusMoves} m JOIN payment_orders o ON o.id = m.order_id
      LEFT JOIN notify_queue n ON n.subject_type = 'payment' AND n.subject_id = o.id
        AND n.event = CONCAT('payment.', m.became) AND ${isFirst("n")}
      WHERE m.became IN ('success', 'failed', 'closed') AND o.notify_url IS NOT NULL
        AND NOT (m.became = 'failed' AND o.refusal IS NOT NULL) AND n.id IS NULL`,
  },
  {
    // A refusal of the call itself is its answer.
    invariant: 8,
    name: "Each end of a refund is told, unless the call was answered with it.",
    sql: `
      SELECT o.order_no, m.refund_id AS refund, m.became AS untold, m.ends
      FROM (
        SELECT order_id, refund_id, became, COUNT(*) AS ends FROM ${refundMoves} moves
        WHERE refund_id IS NOT NULL AND NOT (became = 'failed' AND told_by = 'call')
        GROUP BY order_id, refund_id, became) m
      JOIN payment_orders o ON o.id = m.order_id
      WHERE o.notify_url IS NOT NULL AND m.ends > (
        SELECT COUNT(*) FROM notify_queue n WHERE n.subject_type = 'refund' AND n.subject_id = m.refund_id
          AND n.event = CONCAT('refund.', m.became) AND ${isFirst("n")})`,
  },
  {
    invariant: 8,
    name: "What is told of a payment is an end of it, from the same commit.",
    sql: `
      SELECT n.id AS task, n.subject_type, n.event, n.created_at FROM notify_queue n
      LEFT JOIN payment_orders o ON o.id = n.subject_id
      LEFT JOIN ${statusMoves} m ON m.order_id = o.id AND CONCAT('payment.', m.became) = n.event
        AND m.at = n.created_at
      WHERE n.subject_type <> 'refund' AND ${isFirst("n")}
        AND (m.id IS NULL OR n.subject_type <> 'payment' OR n.order_id <> o.id)`,
  },
  {
    invariant: 8,
    name: "What is told of a refund is an end of it, from the same commit.",
    sql: `
      SELECT n.id AS task, n.event, n.created_at FROM notify_queue n
      LEFT JOIN ${refundMoves} m ON m.refund_id = n.subject_id AND CONCAT('refund.', m.became) = n.event
        AND m.at = n.created_at AND m.order_id = n.order_id
      WHERE n.subject_type = 'refund' AND ${isFirst("n")} AND m.id IS NULL`,
  },
  {
    invariant: 8,
    name: "A series has its generations one after another, each once.",
    sql: `
      SELECT subject_type, subject_id, event, COUNT(*) AS generations, MIN(generation) AS first, MAX(generation) AS last
      FROM notify_queue GROUP BY subject_type, subject_id, event
      HAVING MIN(generation) <> 1 OR MAX(generation) <> COUNT(*) OR COUNT(DISTINCT generation) <> COUNT(*)`,
  },
  {
    invariant: 8,
    name: "Exactly the newest generation of an event is not superseded.",
    sql: `
      SELECT n.id AS task, n.event, n.event_id, n.generation, n.status FROM notify_queue n
      WHERE (n.status = 'superseded') <> EXISTS (
        SELECT 1 FROM notify_queue later WHERE ${sameSeries("later", "n")}
          AND later.event_id = n.event_id AND later.generation > n.generation)`,
  },
  {
    invariant: 11,
    name: "All generations of an event have the same bytes, URL and order.",
    sql: `
      SELECT n.id AS task, n.event, n.event_id, n.generation FROM notify_queue n
      JOIN notify_queue first ON ${sameSeries("first", "n")} AND first.event_id = n.event_id
        AND first.generation < n.generation
      WHERE CAST(n.payload AS BINARY) <> CAST(first.payload AS BINARY)
        OR CAST(n.url AS BINARY) <> CAST(first.url AS BINARY) OR n.order_id <> first.order_id`,
  },
  {
    invariant: 11,
    name: "No two facts share an id.",
    sql: `
      SELECT n.event_id, COUNT(*) AS series FROM notify_queue n WHERE ${isFirst("n")}
      GROUP BY n.event_id HAVING COUNT(*) > 1`,
  },
  {
    invariant: 11,
    name: "A payload tells the event, order, amount and status of its row.",
    sql: `
      SELECT n.id AS task, n.event, o.order_no, n.payload FROM notify_queue n
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
    invariant: 11,
    name: "A payload about a refund tells its number, amount and status.",
    sql: `
      SELECT n.id AS task, n.event, r.refund_no, n.payload FROM notify_queue n
      LEFT JOIN refunds r ON r.id = n.subject_id
      WHERE n.subject_type = 'refund' AND NOT ${saysAll([
        says("refund_no", "COALESCE(r.refund_no, '')"),
        saysAmount("refund_amount", { currency: "r.currency", amount: "r.amount_minor" }),
        says("refund_status", "SUBSTRING(n.event, 8)"),
      ])}`,
  },
  {
    invariant: 17,
    name: "Each fact told of a payment names a version of its own, which the payment has had.",
    sql: `
      SELECT task, order_no, version, told, facts FROM (
        SELECT n.id AS task, o.order_no, o.version, n.told, COUNT(*) OVER (PARTITION BY n.order_id, n.told) AS facts
        FROM (SELECT f.id, f.order_id, CAST(${member("f.payload", "version")} AS SIGNED) AS told FROM notify_queue f
              WHERE ${isFirst("f")}) n
        JOIN payment_orders o ON o.id = n.order_id) versions
      WHERE facts > 1 OR COALESCE(told BETWEEN 2 AND version, 0) = 0`,
  },
];
