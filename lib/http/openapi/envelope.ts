import * as z from "zod";
import { failures } from "../../errors.ts";

const requestId = z
  .string()
  .describe("Names this call; tell it when you report one. Also in `X-Request-Id`.");
const [firstCode, ...otherCodes] = new Set(Object.values(failures).map(({ code }) => code));

/** What every successful answer has around its `data`. */
export const success = z
  .object({ code: z.literal(0), message: z.literal("success"), request_id: requestId })
  .meta({ id: "Success" });

/** Every failure, whatever the route. */
export const failure = z
  .object({
    code: z
      .literal([firstCode!, ...otherCodes])
      .describe("What happened; its meanings are listed at the top."),
    message: z.string().describe("What to change."),
    errors: z
      .array(
        z.object({
          field: z.string().describe("Path of the field, or `body`."),
          message: z.string().describe("What to change about it."),
        }),
      )
      .optional()
      .describe("The fields that are wrong."),
    order_no: z.string().optional().describe("The payment that this is about."),
    provider_error: z
      .object({
        code: z.string().describe("As the provider writes it."),
        message: z.string().describe("As the provider writes it."),
      })
      .optional()
      .describe("The provider's own code and words."),
    request_id: requestId,
  })
  .meta({ id: "Failure" });
