import { type RefusalTable, rulesFor } from "../../domain/refusal.ts";
import { createRefusals } from "./create-refusals.ts";
import { gatewayRefusals } from "./gateway-refusals.ts";

const model = (call: string) =>
  `alipay/alipay-sdk-php-all v3/src/Model/AlipayTrade${call}ErrorResponseModel.php@d95249a`;

const later = "unknown: the same request is repeated later";

/** `alipay.trade.refund`. `fault` and `ends` follow the column of solutions in opendocs.alipay.com/open/02ekfk. */
function refundRefusals(): RefusalTable {
  const source = model("Refund");
  return {
    ...rulesFor({ fault: "provider", ends: "nothing", source }, "ACQ.SYSTEM_ERROR ACQ.REFUND_CHARGE_ERROR"),
    ...rulesFor(
      {
        fault: "provider",
        ends: "nothing",
        source,
        note: "a refund has this number: a poll finds out which",
      },
      "ACQ.DISCORDANT_REPEAT_REQUEST",
    ),
    ...rulesFor(
      { fault: "request", ends: "subject", source },
      `ACQ.INVALID_PARAMETER ACQ.TRADE_NOT_EXIST ACQ.TRADE_HAS_FINISHED ACQ.TRADE_HAS_CLOSE ACQ.TRADE_STATUS_ERROR
      ACQ.REASON_TRADE_STATUS_INVALID ACQ.TRADE_NOT_ALLOW_REFUND ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND
      ACQ.NOT_ALLOW_PARTIAL_REFUND ACQ.REFUND_AMT_NOT_EQUAL_TOTAL ACQ.REASON_TRADE_REFUND_FEE_ERR
      ACQ.REFUND_FEE_ERROR ACQ.CURRENCY_NOT_SUPPORT ACQ.ALLOC_AMOUNT_VALIDATE_ERROR ACQ.USER_NOT_MATCH_ERR`,
    ),
    ...rulesFor(
      { fault: "buyer", ends: "subject", source },
      "ACQ.BUYER_ERROR ACQ.BUYER_NOT_EXIST ACQ.BUYER_ENABLE_STATUS_FORBID ACQ.CUSTOMER_VALIDATE_ERROR",
    ),
    ...rulesFor(
      { fault: "merchant", ends: "nothing", source },
      `ACQ.SELLER_BALANCE_NOT_ENOUGH ACQ.REASON_TRADE_BEEN_FREEZEN ACQ.TRADE_SETTLE_ERROR
      ACQ.ENTERPRISE_PAY_BIZ_ERROR ACQ.OVERDRAFT_ASSIGN_ACCOUNT_INVALID ACQ.OVERDRAFT_AGREEMENT_NOT_MATCH
      ACQ.REFUND_ACCOUNT_NOT_EXIST ACQ.REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST ACQ.REFUNDALLOC_UNAUTH_LIMIT`,
    ),
  };
}

/** A refused query or close ends nothing. `notExist`: what `ACQ.TRADE_NOT_EXIST` tells all the same. */
function questionRefusals(call: string, notExist: string, codes: string): RefusalTable {
  const source = model(call);
  return {
    ...rulesFor({ fault: "provider", ends: "nothing", source, note: later }, codes),
    ...rulesFor({ fault: "request", ends: "nothing", source, note: later }, "ACQ.INVALID_PARAMETER"),
    ...rulesFor({ fault: "request", ends: "nothing", source, note: notExist }, "ACQ.TRADE_NOT_EXIST"),
  };
}

const closeNotExist = "closed once it has expired; before that, the link or code still works";
const notOpen = {
  fault: "request",
  ends: "nothing",
  source: model("Close"),
  note: "no longer open: a query finds out its state",
} as const;

/** Codes with which Alipay refuses to close a trade that is already paid or closed. */
export const notOpenCodes: RefusalTable = rulesFor(
  notOpen,
  "ACQ.TRADE_STATUS_ERROR ACQ.REASON_TRADE_STATUS_INVALID ACQ.REASON_ILLEGAL_STATUS",
);

/** Every code with which Alipay may refuse one of our calls. A code that is missing here is unlisted. */
export const refusals = {
  create: { ...gatewayRefusals("subject"), ...createRefusals },
  query: {
    ...gatewayRefusals("nothing"),
    ...questionRefusals("Query", "missing", "ACQ.SYSTEM_ERROR ACQ.ENTERPRISE_PAY_BIZ_ERROR"),
  },
  close: {
    ...gatewayRefusals("nothing"),
    ...questionRefusals("Close", closeNotExist, "ACQ.SYSTEM_ERROR"),
    ...notOpenCodes,
  },
  refund: { ...gatewayRefusals("subject"), ...refundRefusals() },
  refund_query: {
    ...gatewayRefusals("nothing"),
    ...questionRefusals("FastpayRefundQuery", "missing", "ACQ.SYSTEM_ERROR ACQ.ENTERPRISE_PAY_BIZ_ERROR"),
    ...rulesFor(
      { fault: "request", ends: "nothing", source: model("FastpayRefundQuery"), note: "missing" },
      "TRADE_NOT_EXIST",
    ),
  },
} satisfies Record<string, RefusalTable>;
