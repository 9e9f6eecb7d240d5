import { head, replace } from "./changes.ts";

/** Turns a statement that is restricted to one merchant into one over all merchants' rows. */
export const everyMerchant = head(
  replace("$1.$extendTables<never>() as never as ReturnType<typeof $callee>"),
);
