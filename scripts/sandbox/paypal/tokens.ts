import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import { type Call, json, type Reply } from "../kernel/call.ts";
import { randomText } from "../kernel/random.ts";
import type { Keep } from "../kernel/stored-state.ts";
import { type PaypalAccount, paypalId } from "./accounts.ts";
import { PaypalError } from "./paypal-error.ts";

/** Access tokens of all accounts (developer.paypal.com/api/rest/authentication). */
export type Tokens = {
  /** `POST /v1/oauth2/token`. */
  issue(call: Call): Reply;
  /** The account that owns the token, or PayPal's 401. */
  owner(authorization: string | undefined): PaypalAccount | Reply;
  revokeAll(): void;
};

/** Nine hours, as the real sandbox gives. */
const lifeSeconds = 32_400;

/** The token endpoint uses OAuth's error format, not PayPal's. */
export function createTokens(clock: Clock, accounts: readonly PaypalAccount[], keep: Keep): Tokens {
  const issued = keep("tokens", new Map<string, { account: PaypalAccount; until: Date }>());

  return {
    issue(call) {
      const [, basic = ""] = /^Basic (\S+)$/.exec(call.headers.authorization ?? "") ?? [];
      const [clientId, secret] = Buffer.from(basic, "base64").toString().split(":");
      const account = accounts.find(
        (existing) => existing.clientId === clientId && existing.secret === secret,
      );
      if (!account) return oauthError("invalid_client", "Client Authentication failed");
      if (new URLSearchParams(call.body).get("grant_type") !== "client_credentials") {
        return oauthError("unsupported_grant_type", "Grant Type is NULL or not supported", 400);
      }
      const token = `A21AA${randomText(92)}`;
      issued.set(token, { account, until: secondsAfter(clock.now(), lifeSeconds) });
      return json({
        scope: "https://uri.paypal.com/services/payments/realtimepayment openid",
        access_token: token,
        token_type: "Bearer",
        app_id: `APP-${paypalId()}`,
        expires_in: lifeSeconds,
        nonce: `${clock.now().toISOString()}${randomText(43)}`,
      });
    },
    owner(authorization) {
      const [, token] = /^Bearer (\S+)$/.exec(authorization ?? "") ?? [];
      if (token === undefined) throw notAuthenticated();
      const existing = issued.get(token);
      if (existing && clock.now() < existing.until) return existing.account;
      return oauthError("invalid_token", "The token passed in was not found in the system");
    },
    revokeAll: () => issued.clear(),
  };
}

function oauthError(error: string, error_description: string, status = 401): Reply {
  return json({ error, error_description }, status);
}

function notAuthenticated(): PaypalError {
  return new PaypalError({
    status: 401,
    name: "AUTHENTICATION_FAILURE",
    message:
      "Authentication failed due to invalid authentication credentials or a missing Authorization header.",
  });
}
