import fc from "fast-check";
import { readRefusal } from "../../../lib/providers/wechat/client.ts";
import { wechatCredentials } from "../../../lib/providers/wechat/credentials.ts";
import { refundOutcome } from "../../../lib/providers/wechat/refund.ts";
import { openResource } from "../../../lib/providers/wechat/resource.ts";
import { signatureFault } from "../../../lib/providers/wechat/signature.ts";
import { tradeEvents } from "../../../lib/providers/wechat/trade.ts";
import * as wire from "../../../lib/providers/wechat/wire.ts";
import { credentialParsers, pastedKeyParser } from "../../properties/parsers/credentials.ts";
import { assertFacts, assertOutcome, assertParsed } from "../../properties/parsers/facts.ts";
import {
  bytesLike,
  hardJson,
  headersLike,
  jsonBytesLike,
  jsonLike,
  longestAnswer,
  longestWebhook,
} from "../../properties/parsers/hostile.ts";
import { demand, type Parser, parser } from "../../properties/parsers/parser.ts";
import { createdAt, orderNo, refund } from "../../unit/providers/payments.ts";
import * as merchant from "../../unit/providers/wechat/merchant.ts";

const { rawCredentials } = merchant;
const wechat = merchant.openWechat();
const hard = hardJson(longestWebhook).map((text) => Buffer.from(text));

const storedRefund = {
  ...{ refund_id: "50300000012025", out_refund_no: refund().providerRefundNo, out_trade_no: orderNo },
  ...{ status: "SUCCESS", amount: { refund: 230, currency: "CNY" } },
};

const own = { mch_id: merchant.mchId, app_id: merchant.appId };
const refundNotice = {
  ...{
    mchid: merchant.mchId,
    out_trade_no: orderNo,
    transaction_id: "42",
    refund_id: "503",
    refund_status: "SUCCESS",
  },
  ...{ out_refund_no: "R20251123120000ABCDEFGHJKMNPQRST", amount: { refund: 230 } },
};
const encryptedNotice = (type: string, plain: string) =>
  Buffer.from(JSON.stringify({ id: "EV-1", event_type: type, resource: merchant.encrypted(plain) }));
const transaction = JSON.stringify(merchant.transaction());
const openNotice = JSON.parse(encryptedNotice("TRANSACTION.SUCCESS", transaction).toString());

export const parsers: readonly Parser[] = [
  parser({
    name: "WeChat Pay transaction",
    input: jsonBytesLike(merchant.transaction(), merchant.transaction({ trade_state: "REFUND" })),
    parse: (body) => tradeEvents(wire.readJson(body), own, createdAt),
    holds: assertFacts,
    hardest: hardJson(longestAnswer).map((text) => Buffer.from(text)),
  }),
  parser({
    name: "WeChat Pay refund",
    input: jsonLike(storedRefund, { ...storedRefund, status: "ABNORMAL" }),
    parse: (content) => refundOutcome({ kind: "done", content }, refund()),
    holds: assertOutcome,
  }),
  parser({
    name: "WeChat Pay refusal and certificates",
    input: jsonLike(
      { code: "PARAM_ERROR", message: "words", detail: { location: "body" } },
      {
        data: [
          { serial_no: "5157F09EFDC096DE15EBE81A47057A72", encrypt_certificate: merchant.encrypted("x") },
        ],
      },
    ),
    parse: (content) => ({
      ...readRefusal({ status: 400, body: Buffer.from(JSON.stringify(content) ?? "") }, ["secret-12345678"]),
      list: wire.platformCertificates.safeParse(content).data,
    }),
    holds: ({ error }) =>
      demand(error.message.length <= 300 && error.code.length <= 64, "an error text without a length limit"),
  }),
  parser({
    name: "WeChat Pay signature",
    input: fc.tuple(headersLike(merchant.signedHeaders("{}")), bytesLike("{}")),
    parse: ([headers, body]) =>
      signatureFault({ headers, body }, async () => ({ key: merchant.theirs.publicKey }), createdAt),
    holds: (fault, [, body]) =>
      demand(fault !== null || body.toString() === "{}", "an unsigned notice is accepted"),
  }),
  parser({
    name: "WeChat Pay notice",
    input: jsonBytesLike(openNotice),
    parse: (body) => wechat.read(body, merchant.mchId),
    holds: (parsed) => assertParsed(parsed),
    hardest: hard,
  }),
  parser({
    name: "WeChat Pay transaction in a notice",
    input: fc.oneof(
      jsonBytesLike(merchant.transaction()).map((plain) =>
        encryptedNotice("TRANSACTION.SUCCESS", plain.toString()),
      ),
      jsonBytesLike(refundNotice).map((plain) => encryptedNotice("REFUND.SUCCESS", plain.toString())),
    ),
    parse: (body) => wechat.read(body, merchant.mchId),
    holds: (parsed) => assertParsed(parsed),
  }),
  parser({
    name: "WeChat Pay resource",
    input: jsonLike(openNotice.resource),
    parse(value) {
      const { data } = wire.encryptedResource.safeParse(value);
      return data && openResource(data, merchant.apiV3Key);
    },
    holds: (plain) =>
      demand(
        plain === undefined || plain === transaction,
        "a text that was not encrypted by WeChat Pay is accepted",
      ),
  }),
  ...credentialParsers("wechat", wechatCredentials, rawCredentials),
  pastedKeyParser("wechat", wechatCredentials, rawCredentials),
];
