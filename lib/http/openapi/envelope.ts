import * as z from "zod";
import { failures } from "../../errors.ts";

export const exampleRequestId = "JKJaXmPLvHcESHA=";

const requestId = z
  .string()
  .describe("Id of this call, for support requests. Also in the header `X-Request-Id`.");
const [firstCode, ...otherCodes] = new Set(Object.values(failures).map(({ code }) => code));

/** The envelope of a successful answer, without `data`. */
export const success = z
  .object({ code: z.literal(0), message: z.literal("success"), request_id: requestId })
  .meta({ id: "Success" });

/** The envelope of a failure, the same for every route. */
export const failure = z
  .object({
    code: z
      .literal([firstCode!, ...otherCodes])
      .describe("The error code; the table at the top lists all of them."),
    message: z.string().describe("What to change."),
    errors: z
      .array(
        z.object({
          field: z.string().describe("Path of the field, or `body`."),
          message: z.string().describe("What to change in it."),
        }),
      )
      .optional()
      .describe("The invalid fields."),
    order_no: z.string().optional().describe("The payment that the failure is about."),
    provider_error: z
      .object({
        code: z.string().describe("As the provider writes it."),
        message: z.string().describe("As the provider writes it."),
      })
      .optional()
      .describe("The provider's own error code and message."),
    request_id: requestId,
  })
  .meta({ id: "Failure" });
