import * as z from "zod";
import type { StoredRefund } from "../domain/refund.ts";
import { refundStatuses } from "../domain/refund-status.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { plainId } from "../http/fields.ts";
import { resolveRefund } from "../payments/resolve-refund.ts";
import { findRefund, findRefundById } from "../storage/refunds/find-refund.ts";
import { listRefunds, refundOwner } from "../storage/refunds/list-refunds.ts";
import { ageOf } from "./age.ts";
import { command, listLimit, merchantName, note, rowId } from "./command.ts";
import { merchantIdOf, requireMerchant } from "./find-merchant.ts";

const open = ["processing", "unknown"] as const;

export const refundCommands = {
  "refund list": command(
    "list refunds, oldest first; without --status only those that are not final",
    z.strictObject({
      merchant: merchantName.optional(),
      status: z.enum(refundStatuses).optional(),
      limit: listLimit,
    }),
    async (gateway, { merchant, status, limit }) => {
      const userId = await merchantIdOf(gateway, merchant);
      const rows = await listRefunds(gateway.db, { userId, statuses: status ? [status] : open, limit });
      const now = gateway.clock.now();
      return rows.map((row) => ({ ...row, age: ageOf(row.created_at, now) }));
    },
  ),
  "refund resolve": command(
    "end a refund as the provider's dashboard shows it; the note goes into the order's timeline",
    z
      .strictObject({
        id: rowId.optional(),
        merchant: merchantName.optional(),
        refund_no: plainId.optional().describe("the merchant's own number; needs --merchant"),
        as: z.enum(["success", "failed"]),
        provider_id: plainId.optional().describe("with --as success: the provider's refund id"),
        note,
      })
      .refine(
        ({ id, merchant, refund_no }) =>
          (id === undefined) !== (refund_no === undefined) &&
          (refund_no === undefined || merchant !== undefined),
        "name the refund by --id, or by --merchant and --refund-no",
      ),
    async (gateway, { as, note, provider_id: refundId = "", ...key }) => {
      const stored = await requireRefund(gateway, key);
      await resolveRefund(gateway, stored, { to: as, refundId, note });
      const { refund, payment } = await requireRefund(gateway, { id: stored.refund.id });
      const { id, userId: user_id, refundNo: refund_no, status } = refund;
      return { id, user_id, order_no: payment.orderNo, refund_no, status };
    },
  ),
};

type RefundKey = {
  id?: string | undefined;
  merchant?: string | undefined;
  refund_no?: string | undefined;
};

/** If a merchant is named, finds only refunds of that merchant. */
async function requireRefund(
  gateway: Gateway,
  { id, merchant, refund_no }: RefundKey,
): Promise<StoredRefund> {
  const userId = merchant
    ? (await requireMerchant(gateway, merchant)).userId
    : await refundOwner(gateway.db, id ?? "");
  const found =
    userId === null
      ? null
      : id === undefined
        ? await findRefund(gateway.db, userId, refund_no ?? "")
        : await findRefundById(gateway.db, userId, id);
  if (!found) throw new GatewayError("not_found", "no such refund: see refund list");
  return found;
}
