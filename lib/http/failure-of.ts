import { GatewayError } from "../errors.ts";
import { log, nameOf } from "../log.ts";

/** Codes of a database or network that is away; the caller is told to try again. */
const away =
  /^(PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|CONNECTION_BUSY|ER_CON_|NO_TIME_LEFT|ER_LOCK_|ER_OPTION_PREVENTS|ER_CANT_EXECUTE_IN_READ_ONLY|ER_SERVER_SHUTDOWN)/;

/** Whatever was thrown, as the failure that its caller sees. What we did not foresee is logged by class and code only. */
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
