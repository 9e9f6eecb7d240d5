import { GatewayError } from "../errors.ts";
import { log, nameOf } from "../log.ts";

/** Error codes of an unavailable database or network; the caller gets 503 and may retry. */
const away =
  /^(PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|CONNECTION_BUSY|ER_CON_|NO_TIME_LEFT|ER_LOCK_|ER_OPTION_PREVENTS|ER_CANT_EXECUTE_IN_READ_ONLY|ER_SERVER_SHUTDOWN)/;

/**
 * Turns anything thrown into the failure to answer. Unexpected errors are logged by class and code only, because their
 * messages may contain secrets.
 */
export function failureOf(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const name = nameOf(error);
  log.alarm("unexpected failure", name);
  if (away.test(name.error_code ?? "")) {
    return new GatewayError("unavailable", "not available right now: send the same request again", {
      retryAfterSeconds: 2,
    });
  }
  return new GatewayError(
    "internal",
    // mutation: internal-error-message
    "an internal error: send the same request again, or report the request_id",
  );
}
