import { createHash } from "node:crypto";
import type { Money } from "../money/money.ts";

/** A checked request to create a payment, defaults applied. */
export type WantedPayment = {
  provider: string;
  scene: string;
  config: string | undefined;
  outTradeNo: string;
  subject: string;
  body: string;
  amount: Money;
  notifyUrl: string | null;
  returnUrl: string | null;
  expiresInSeconds: number;
  metadata: Record<string, string>;
  extraParams: Record<string, unknown>;
};

/** Changes when the normalisation does, so that an old order is never called different for that alone. */
const formatVersion = 1;

/** The normalised request as it is stored, and its SHA-256: two requests with the same content have the same. */
export function normalised(wanted: WantedPayment): { request: string; fingerprint: string } {
  const request = JSON.stringify({ v: formatVersion, ...fieldsOf(wanted) });
  return { request, fingerprint: createHash("sha256").update(request).digest("hex") };
}

/** Names of the fields in which `wanted` differs from a stored request. */
export function differingFields(wanted: WantedPayment, stored: string): string[] {
  const before: Record<string, unknown> = JSON.parse(stored);
  const now = fieldsOf(wanted);
  return Object.keys(now).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
}

function fieldsOf(wanted: WantedPayment): Record<string, unknown> {
  return {
    provider: wanted.provider,
    scene: wanted.scene,
    config: wanted.config ?? null,
    out_trade_no: wanted.outTradeNo,
    subject: wanted.subject,
    body: wanted.body,
    amount: wanted.amount.minor,
    currency: wanted.amount.currency,
    notify_url: wanted.notifyUrl,
    return_url: wanted.returnUrl,
    expires_in: wanted.expiresInSeconds,
    metadata: sorted(wanted.metadata),
    extra_params: sorted(wanted.extraParams),
  };
}

/** Key order carries no meaning in JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
