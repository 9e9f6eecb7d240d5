import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { assertJson, readJsonBody } from "../../../lib/http/json-body.ts";
import { whyNotJson } from "../../../lib/json-text.ts";

const json = '{"subject":"茶","amount":12.3400}';
const sent = (type: string | undefined, body = json): APIGatewayProxyEventV2 =>
  ({ headers: type === undefined ? {} : { "content-type": type }, body }) as APIGatewayProxyEventV2;

describe("request bodies", () => {
  // RFC 8259, section 8.1: parsers may ignore a byte order mark; Windows PowerShell's Out-File -Encoding utf8 writes one.
  it.each([
    ["as bytes", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(json)])],
    ["as the text that API Gateway hands over", Buffer.from(`\uFEFF${json}`)],
  ])("a body with a UTF-8 byte order mark is accepted, %s", (_how, body) =>
    expect(readJsonBody(body, ["amount"])).toEqual({ subject: "茶", amount: "12.3400" }),
  );

  it("a body with a second byte order mark, or one inside, is refused", () => {
    expect(() => readJsonBody(Buffer.from(`\uFEFF\uFEFF${json}`))).toThrow("remove the special blanks");
    expect(() => readJsonBody(Buffer.from(`{\uFEFF"a":1}`))).toThrow("remove the special blanks");
  });

  // PowerShell 5's "Unicode" and .NET's Encoding.Unicode are UTF-16 (RFC 8259, 8.1 demands UTF-8).
  it.each([
    ["little-endian with its mark", Buffer.from(`\uFEFF${json}`, "utf16le")],
    ["little-endian", Buffer.from(json, "utf16le")],
    ["big-endian with its mark", Buffer.from(`\uFEFF${json}`, "utf16le").swap16()],
    [
      "as the text that API Gateway made of it",
      Buffer.from(Buffer.from(`\uFEFF${json}`, "utf16le").toString()),
    ],
  ])("a body in UTF-16 is refused and the error says to send UTF-8: %s", (_how, body) =>
    expect(() => readJsonBody(body)).toThrow("the body is UTF-16: send it in UTF-8"),
  );

  it.each([
    ["GBK", Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xb2, 0xe8, 0x22, 0x7d])],
    ["Latin-1", Buffer.from('{"a":"é"}', "latin1")],
    ["another charset that API Gateway decoded with U+FFFD", Buffer.from('{"a":"\uFFFD\uFFFD"}')],
  ])("a body in %s is refused and the error says to send UTF-8", (_how, body) =>
    expect(() => readJsonBody(body)).toThrow("encode all of it in UTF-8, not in GBK or Latin-1"),
  );

  it.each([
    ['{"a":1,}', "remove the comma before the closing bracket"],
    ['{"a":[1,2,\n]}', "remove the comma before the closing bracket"],
    ["{“a”:1}", 'replace the typographic quotes by "'],
    ["{'a':1}", "put names and texts into double quotes, not single ones"],
    ["{a:1}", "put its names into double quotes"],
    ['{"a":1} // mine', "remove the comments"],
    ['{"a":NaN}', "use null, true, false and plain numbers"],
    ['{"a":True}', "use null, true, false and plain numbers"],
    ['{"a":012}', "no leading zeros"],
    ['{"a":.5}', "digits around the point"],
    ['{"a"：1}', "replace the full-width comma or colon"],
    ['{"a":\u00a01}', "remove the special blanks"],
    ["a=1&b=2", "send JSON, not a form"],
    ['{"a":"one\ntwo"}', "a text holds a line break"],
    ['{"a":"it\'s, }"', "check its brackets, commas and quotes"],
    ["", "it is empty"],
  ])("the body %j is refused and the error says what to change", (text, how) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(() => readJsonBody(Buffer.from(text))).toThrow(how);
  });

  it("the reason why a long body is not JSON is found without a slow pattern", () => {
    for (const piece of ['\\"', "\n", " ", ",", '"', "{a"]) {
      expect(whyNotJson(`{"${piece.repeat(60_000)}`)).toEqual(expect.any(String));
    }
  });
});

describe("request content types", () => {
  // Sent by Java's HttpClient samples, axios, .NET's StringContent, Guzzle and Postman.
  it.each([
    "application/json",
    "application/json; charset=utf-8",
    'application/json; charset="UTF-8"',
    "application/json;charset=UTF-8",
    "APPLICATION/JSON",
    "application/json; charset=utf8",
    "application/json;",
    " application/json ; charset = utf-8 ",
    "application/json; odata=verbose",
    "application/json; charset='utf-8'",
  ])("the content type %j is accepted", (type) => expect(assertJson(sent(type)).toString()).toBe(json));

  it.each([
    [undefined, "send content-type: application/json"],
    ["", "send content-type: application/json"],
    ["text/json", "send content-type: application/json, not text/json"],
    ["text/plain; charset=utf-8", "send content-type: application/json, not text/plain"],
    [
      "application/x-www-form-urlencoded",
      "send content-type: application/json, not application/x-www-form-urlencoded",
    ],
    [
      "application/json; charset=gbk",
      "send content-type: application/json and the body in UTF-8, not in gbk",
    ],
    [
      'application/json; charset="ISO-8859-1"',
      "send content-type: application/json and the body in UTF-8, not in ISO-8859-1",
    ],
    [
      "application/json, application/json",
      "send content-type: application/json, not application/jsonapplication/json",
    ],
    ["<script>", "send content-type: application/json, not script"],
  ])("the content type %j is refused and the error says what to change", (type, message) =>
    expect(() => assertJson(sent(type))).toThrow(message),
  );
});
