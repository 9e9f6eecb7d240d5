import fc from "fast-check";

/** Bytes of a response that the gateway reads at most. */
export const longestAnswer = 1_048_576;

/** The largest payload that Lambda accepts, in bytes. */
export const longestWebhook = 6_000_000;

/** Texts that break parsers: range limits, look-alikes, lone surrogates, names of inherited properties. */
const pieces = [
  ..."\"'\\{}[]:,=&%+-./?#@;|<>_ \t\n\r\u0000\u007f\u0085\u2028\ufeff\ufffd",
  ..."0123456789aeEnuzAZé中🍵１",
  "\ud800",
  "\udc00",
  "%00",
  "%ff",
  "%2e%2e%2f",
  "\\u0000",
  "\\ud800",
  "null",
  "true",
  "-1",
  "1e999",
  "0.1",
  "9007199254740993",
  "99999999999999999999",
  "__proto__",
  "constructor",
  "toString",
  "[[[[[[[[",
  '{"a":',
  "-----BEGIN ",
  "http://",
  "a".repeat(300),
];

/** JSON values that break parsers; `undefined`: the member is removed. */
const values: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e-7,
  1e21,
  1e308,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  "",
  "0",
  "-1",
  "1.5",
  "1e3",
  "١",
  "12.345",
  "99999999999.99",
  "99999999999999999999",
  "\u0000",
  "\ud800",
  "中🍵",
  "x".repeat(127),
  "x".repeat(250),
  "x".repeat(5000),
  "__proto__",
  "toString",
  "USD",
  "JPY",
  "usd",
  "jpy",
  "BHD",
  "XXX",
  "0000-01-01T00:00:00Z",
  "0000-01-01T00:00:00+23:59",
  "9999-12-31T23:59:59-23:59",
  "0000-01-01 00:00:00",
  "9999-12-31 23:59:59",
  "2026-02-30 25:61:61",
  "2026-13-01T00:00:00Z",
  [],
  {},
  [[]],
  [null],
  [{}],
  JSON.parse('{"__proto__":{"polluted":true}}'),
];

type Edit = { at: number; cut: number; put: string };
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  cut: fc.constantFrom(0, 0, 1, 1, 2, 9),
  put: fc.constantFrom("", "", ...pieces),
});

function edited(text: string, { at, cut, put }: Edit): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + put + text.slice(place + cut);
}

/** One of these texts, with up to four changes. */
export function changed(...valid: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...valid), fc.array(edit, { maxLength: 4 }))
    .map(([text, edits]) => edits.reduce(edited, text));
}

/** Text of any kind. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 40 }),
);

/** One of these texts with changes, or any text. */
export const textLike = (...valid: readonly string[]) =>
  fc.oneof({ arbitrary: changed(...valid), weight: 4 }, anyText);

type ByteEdit = { at: number; byte: number };
const byteEdit: fc.Arbitrary<ByteEdit> = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });

/** The same as bytes, some of them changed one by one. */
export function bytesLike(...valid: readonly string[]): fc.Arbitrary<Buffer> {
  return fc.tuple(textLike(...valid), fc.array(byteEdit, { maxLength: 2 })).map(([text, edits]) => {
    const bytes = Buffer.from(text);
    for (const { at, byte } of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
}

/** Any value that JSON can hold. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...values),
  fc.jsonValue({ maxDepth: 3 }),
);

type Exchange = { at: number; value: unknown };
const exchange: fc.Arbitrary<Exchange> = fc.record({ at: fc.nat(), value: fc.constantFrom(...values) });

/** One of these values with up to three of its members replaced, at any depth, or any other value. */
export function jsonLike(...valid: readonly unknown[]): fc.Arbitrary<unknown> {
  const exchanged = fc
    .tuple(fc.constantFrom(...valid), fc.array(exchange, { maxLength: 3 }))
    .map(([value, exchanges]) => exchanges.reduce<unknown>(withExchange, value));
  return fc.oneof({ arbitrary: exchanged, weight: 9 }, anyJson);
}

/** Replaces the member at position `at`, counted through the whole value. */
function withExchange(value: unknown, { at, value: other }: Exchange): unknown {
  let left = at % countOf(value);
  const walk = (part: unknown): unknown => {
    if (left-- === 0) return other;
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, walk(member)]));
  };
  return walk(value);
}

function countOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, member) => sum + countOf(member), 1);
}

/** As JSON bytes: values with members replaced, or their text with changes. */
export function jsonBytesLike(...valid: readonly unknown[]): fc.Arbitrary<Buffer> {
  const texts = valid.map((value) => JSON.stringify(value));
  return fc.oneof(
    jsonLike(...valid).map((value) => Buffer.from(JSON.stringify(value) ?? "")),
    bytesLike(...texts),
  );
}

/** Deep, wide and long JSON of about this many bytes, inside `{"data":…}`. */
export function hardJson(bytes: number): string[] {
  const inside = (open: string, close = "") => {
    const times = Math.floor((bytes - 12) / (open.length + close.length));
    return `{"data":${open.repeat(times)}0${close.repeat(times)}}`;
  };
  return [
    inside("[", "]"),
    inside('{"a":', "}"),
    `{"data":[${"[],".repeat(bytes / 3 - 8)}[]]}`,
    `{"data":"${'\\"'.repeat(bytes / 2 - 8)}"}`,
    `{"data":"${"\\u0000".repeat(bytes / 6 - 8)}"}`,
    `{"data":${"9".repeat(bytes - 12)}}`,
    `{"data":${" ".repeat(bytes - 12)}0}`,
    `{${'"":'.repeat(bytes / 3)}`,
    '"'.repeat(bytes),
    "\\".repeat(bytes),
  ];
}

/** The headers with some of their values changed or removed. */
export function headersLike(valid: Record<string, string>): fc.Arbitrary<Record<string, string | undefined>> {
  const values = Object.values(valid).map((value) =>
    fc.oneof({ arbitrary: fc.constant(value), weight: 6 }, textLike(value), fc.constant(undefined)),
  );
  const names = Object.keys(valid);
  return fc
    .tuple(...values)
    .map((provided) => Object.fromEntries(names.map((name, at) => [name, provided[at]])));
}
