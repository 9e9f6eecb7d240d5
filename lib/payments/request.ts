import { createHash } from "node:crypto";
import type { Money } from "../money/money.ts";

/** A checked request to create a payment, defaults applied. */
export type CreatePaymentCommand = {
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
export function normalised(command: CreatePaymentCommand): { request: string; fingerprint: string } {
  const request = JSON.stringify({ v: formatVersion, ...fieldsOf(command) });
  return { request, fingerprint: createHash("sha256").update(request).digest("hex") };
}

/** Names of the fields in which `command` differs from a stored request. */
export function differingFields(command: CreatePaymentCommand, stored: string): string[] {
  const before: Record<string, unknown> = JSON.parse(stored);
  const now = fieldsOf(command);
  return Object.keys(now).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
}

function fieldsOf(command: CreatePaymentCommand): Record<string, unknown> {
  return {
    provider: command.provider,
    scene: command.scene,
    config: command.config ?? null,
    out_trade_no: command.outTradeNo,
    subject: command.subject,
    body: command.body,
    amount: command.amount.minor,
    currency: command.amount.currency,
    notify_url: command.notifyUrl,
    return_url: command.returnUrl,
    expires_in: command.expiresInSeconds,
    metadata: sorted(command.metadata),
    extra_params: sorted(command.extraParams),
  };
}

/** Key order carries no meaning in JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
