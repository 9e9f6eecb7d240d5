import { head, replace } from "./changes.ts";

/** A statement of one merchant becomes one about every merchant's rows. */
export const everyMerchant = head(
  replace("$1.$extendTables<never>() as never as ReturnType<typeof $callee>"),
);
