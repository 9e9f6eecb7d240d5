/** What the gateway promises, in the order in which it is reported; `lib/README.md` says each in a sentence. */
export const invariantNames = [
  "found-without-webhooks",
  "success-is-proven",
  "success-is-final",
  "moves-recorded",
  "one-order-per-request",
  "second-payment-recorded",
  "refunds-within-payment",
  "notified-once",
  "attempts-in-turn",
  "quiet-after-received",
  "same-id-same-bytes",
  "fair-deliveries",
  "public-endpoints-only",
  "unverified-changes-nothing",
  "tenants-apart",
  "no-secrets-stored",
  "event-order-irrelevant",
  "account-of-order",
  "nothing-stuck-silently",
] as const;

export type InvariantName = (typeof invariantNames)[number];

/** A condition that must hold, as a query that finds its violations. */
export type Invariant = {
  /** The promise that it is a part of. Several share one. */
  invariant: InvariantName;
  /** What must hold, as a sentence for operators. Unique. */
  name: string;
  /** Selects one row for each violation, with columns that identify it. `:now` is the gateway's time. Only reads. */
  sql: string;
};

/** Constants of the gateway's own code as SQL literals. They are not escaped: never pass input. */
export const listOf = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(", ");

/** A member of a JSON text, as text. NULL if it is absent or null, or if the text is not JSON. */
export const member = (column: string, name: string): string => `JSON_VALUE(${column}, '$.${name}')`;
