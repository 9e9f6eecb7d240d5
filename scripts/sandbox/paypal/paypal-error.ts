import { json, type Reply } from "../kernel/call.ts";

/** One entry of `details`. `field` is a JSON pointer into the request. */
export type Detail = { issue: string; description: string; field?: string; value?: string };

/** The content of a refusal. */
export type Words = {
  status: number;
  name: string;
  message: string;
  details?: Detail[];
  links?: { href: string; rel: string }[];
};

/** A refusal in PayPal's format (developer.paypal.com/api/rest/responses). */
export class PaypalError extends Error {
  readonly status: number;
  readonly words: Words;

  constructor(words: Words) {
    super(words.details?.[0]?.issue ?? words.name);
    this.name = "PaypalError";
    this.status = words.status;
    this.words = words;
  }

  reply(debugId: string): Reply {
    const { status, name, message, details, links = [] } = this.words;
    const located = details?.map((detail) => ({ ...detail, ...(detail.field && { location: "body" }) }));
    const information = (details ?? []).map(({ issue }) => ({
      href: `https://developer.paypal.com/docs/api/orders/v2/#error-${issue}`,
      rel: "information_link",
    }));
    const linked = [...information, ...links].map((link) => ({ ...link, method: "GET" }));
    return json({ name, message, debug_id: debugId, details: located, links: linked }, status);
  }
}

/** 400: the request does not fit the schema. `field` is a JSON pointer. */
export function invalid(field: string, issue: string, description: string): PaypalError {
  const message = "Request is not well-formed, syntactically incorrect, or violates schema.";
  return new PaypalError({
    status: 400,
    name: "INVALID_REQUEST",
    message,
    details: [{ field, issue, description }],
  });
}

/** 422: well-formed, but not possible. */
export function unprocessable(issue: string, description: string, links: Words["links"] = []): PaypalError {
  const message =
    "The requested action could not be performed, semantically incorrect, or failed business validation.";
  const details = [{ issue, description }];
  return new PaypalError({ status: 422, name: "UNPROCESSABLE_ENTITY", message, details, links });
}

/** 404: there is no resource with this id, or this caller may not see it. */
export function notFound(): PaypalError {
  const description = "Specified resource ID does not exist. Please check the resource ID and try again.";
  return new PaypalError({
    status: 404,
    name: "RESOURCE_NOT_FOUND",
    message: "The specified resource does not exist.",
    details: [{ issue: "INVALID_RESOURCE_ID", description }],
  });
}

/** 400: the body is not JSON. */
export function malformed(): PaypalError {
  return new PaypalError({
    status: 400,
    name: "INVALID_REQUEST",
    message: "Request is not well-formed, syntactically incorrect, or violates schema.",
    details: [{ issue: "MALFORMED_REQUEST_JSON", description: "The request JSON is not well formed." }],
  });
}
