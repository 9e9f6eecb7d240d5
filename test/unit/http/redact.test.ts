import { describe, expect, it } from "vitest";
import type { ZodType } from "zod";
import { merchantContracts } from "../../../lib/functions.ts";
import { masked } from "../../../lib/http/masked.ts";
import { answerFields, redactAnswer, redactRequest, requestFields } from "../../../lib/http/redact.ts";

const request = (body: unknown) =>
  JSON.parse(redactRequest({ body: JSON.stringify(body), isBase64Encoded: false }));
const answer = (body: unknown) => JSON.parse(redactAnswer(JSON.stringify(body)));

describe("the stored form of a request", () => {
  it("the record of a request keeps codes, URLs without their query, and only the size of texts and maps", () => {
    expect(
      request({
        provider: "stripe",
        out_trade_no: "order-1",
        amount: 12.34,
        expires_in: 600,
        subject: "Tea for Alice Smith",
        metadata: { alice: "1990-01-01" },
        extra_params: { buyer_id: "2088", payer: { card: "4111111111111111" } },
        notify_url: "https://user:secret@shop.example/notify?token=secret#secret",
        return_url: "not a URL",
      }),
    ).toEqual({
      provider: "stripe",
      out_trade_no: "order-1",
      amount: "12.34",
      expires_in: 600,
      subject: "[19 characters]",
      metadata: "[1 entries]",
      extra_params: "[2 entries]",
      notify_url: "https://shop.example/notify",
      return_url: "[9 characters]",
    });
  });

  it("the record of a request keeps the amount as it was written", () => {
    const body = '{"amount":12.3400000000000000001}';
    expect(redactRequest({ body, isBase64Encoded: false })).toBe('{"amount":"12.3400000000000000001"}');
  });

  it("the record of a request only counts unknown fields", () => {
    const own = { "4111 1111 1111 1111": 1, "alice@example.com": 2, constructor: 3, data: { code: 4 } };
    expect(request({ ...own, scene: "page" })).toEqual({ scene: "page", "[unknown fields]": 4 });
  });

  it("the record of a request keeps only the size of a code field whose value does not look like a code", () => {
    expect(
      request({ out_trade_no: "Alice Smith, 5 Main Street", currency: ["CNY"], scene: { a: 1 } }),
    ).toEqual({
      out_trade_no: "[26 characters]",
      currency: "[1 entries]",
      scene: "[1 entries]",
    });
    expect(request({ out_trade_no: "x".repeat(81) })).toEqual({ out_trade_no: "[81 characters]" });
  });

  it.each(["{", "[1]", '"text"', '{"a":1,"a":2}', `{"subject":"${"x".repeat(70_000)}"}`])(
    "the record of an unreadable request keeps only its size: %.20s",
    (body) =>
      expect(redactRequest({ body, isBase64Encoded: false })).toBe(`"[unreadable: ${body.length} bytes]"`),
  );

  it("the record of a request without a body keeps the fields of its query", () => {
    const queryStringParameters = { out_trade_no: "order-1", token: "secret" };
    expect(redactRequest({ isBase64Encoded: false, queryStringParameters })).toBe(
      '{"out_trade_no":"order-1","[unknown fields]":1}',
    );
  });
});

describe("the stored form of an answer", () => {
  it("the record of an answer holds nothing that a buyer could pay with", () => {
    const data = {
      order_no: "UNI1",
      payment_url: "https://openapi.alipay.com/gateway.do?sign=secret",
      qr_code: "weixin://wxpay/bizpayurl?pr=secret",
      extra_data: { order_string: "sign=secret" },
    };
    expect(answer({ code: 0, message: "success", data, request_id: "r1" })).toEqual({
      code: 0,
      message: "success",
      data: {
        order_no: "UNI1",
        payment_url: "https://openapi.alipay.com/gateway.do",
        qr_code: "[34 characters]",
        extra_data: "[1 entries]",
      },
      request_id: "r1",
    });
  });

  it("the record of an answer keeps error messages, but not names that the caller chose", () => {
    const message = "metadata.Alice Smith: at most 500 characters";
    const errors = [{ field: "metadata.Alice Smith", message: "at most 500 characters" }];
    expect(answer({ code: 1001, message, errors })).toEqual({
      code: 1001,
      message: "metadata.…: at most 500 characters",
      errors: [{ field: "[20 characters]", message: "at most 500 characters" }],
    });
    const refused = {
      code: "card_declined",
      message: "Card 4111 1111 1111 1111 of a@b.example was declined",
    };
    expect(answer({ code: 2000, provider_error: refused })).toEqual({
      code: 2000,
      provider_error: {
        code: "card_declined",
        message: "Card 4111 1******1111 of [redacted] was declined",
      },
    });
  });

  it("the record of an answer keeps only the length of lists", () => {
    expect(answer({ code: 0, data: { items: [{}, {}], next_cursor: "abc" } })).toEqual({
      code: 0,
      data: { items: "[2 entries]", next_cursor: "abc" },
    });
  });
});

describe("masking of texts", () => {
  it.each([
    ["/query/ak_m1k0123abcd_0123456789abcdefghjkmnpqrstvwxyz0123456", "/query/[redacted]"],
    ["key: sk_live_51HxAbCdEfGhIjKl.", "key: [redacted]."],
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "[redacted]"],
    ["Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "Bearer [redacted]"],
    ["-----BEGIN PRIVATE KEY-----\nMIIE", "[redacted]"],
    ["mail alice@example.com now", "mail [redacted] now"],
    ["see https://pay.example/x?token=1 there", "see https://pay.example/x there"],
    ["378282246310005", "378282******0005"],
    ["3782 822463 10005", "3782 8******0005"],
  ])("%s is masked as %s", (text, shown) => expect(masked(text)).toBe(shown));

  it.each(["4111111111111112", "20261124002519", "1766624400000", "UNI20261124002519KHYVGKAGJNYD1GD"])(
    "%s is not masked: it only resembles a card number",
    (text) => expect(masked(text)).toBe(text),
  );
});

describe("redaction rules", () => {
  const namesOf = (schema: ZodType) => ("shape" in schema ? Object.keys(schema.shape as object) : []);

  it("every field of the API has a redaction rule", () => {
    expect(merchantContracts.length).toBeGreaterThan(8);
    const requested = new Set(merchantContracts.flatMap(({ input }) => namesOf(input)));
    const answered = new Set(merchantContracts.flatMap(({ answer }) => namesOf(answer)));
    expect([...requested].filter((name) => !Object.hasOwn(requestFields, name))).toEqual([]);
    expect([...answered].filter((name) => !Object.hasOwn(answerFields, name))).toEqual([]);
  });
});
