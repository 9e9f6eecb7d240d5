import { json, type Reply } from "../kernel/call.ts";

type Details = {
  status?: number;
  type?: "invalid_request_error" | "idempotency_error" | "api_error" | "card_error";
  code?: string;
  param?: string;
  /** Sent as `message_code` instead of a code, for errors for which Stripe has no code. */
  messageCode?: string;
  /** Whether the endpoint had begun to execute: only then the answer is stored for the idempotency key. */
  executed?: boolean;
};

/** A refusal in Stripe's format (docs.stripe.com/api/errors). Without details: 400 `invalid_request_error`. */
export class StripeError extends Error {
  readonly status: number;
  readonly executed: boolean;
  private readonly fields: Record<string, string | undefined>;

  constructor(message: string, details: Details = {}) {
    super(message);
    const { status = 400, type = "invalid_request_error", code, param, executed = false } = details;
    const { messageCode: message_code } = details;
    this.name = "StripeError";
    this.status = status;
    this.executed = executed;
    const doc_url = code && `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;
    this.fields = { code, doc_url, message, message_code, param, type };
  }

  reply(): Reply {
    return json({ error: this.fields }, this.status);
  }
}
