import type { Dice } from "../dice.ts";

/** What is no id of ours, though it looks like this one. */
export function oddId(dice: Dice, id: string): string {
  return dice.pick([
    ...[id.toLowerCase(), `${id}%20`, `%20${id}`, `${id}%00`, `${id}'%20OR%20'1'='1`, `${id}%25`, `${id}_`],
    ...[
      `${id}/`,
      `/${id}`,
      `${id}/../${id}`,
      `..%2f${id}`,
      `${id}%0d%0aX:1`,
      `${id};x`,
      `${id}.json`,
      `${id}*`,
    ],
    ...[
      "%ff",
      "%ED%A0%80",
      "null",
      "undefined",
      "[object%20Object]",
      "{order_no}",
      "x".repeat(2_000),
      "%E2%80%AE",
    ],
    ...["UNI20260101000000AAAAAAAAAAAAAAA", "__proto__", "0", "-1", "%", "%2", "<script>", "{{7*7}}"],
  ]);
}

/** A body that a reader of JSON may stumble over, made from a good one. */
export function oddBody(dice: Dice, text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(text);
  return dice.pick([
    () => bytes.subarray(0, dice.int(bytes.length + 1)),
    () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    () => Buffer.concat([bytes, Buffer.from([0xff])]),
    () => Buffer.from("[".repeat(1 + dice.int(5_000))),
    () => Buffer.from(`{"a":${"[".repeat(40)}${"]".repeat(40)}}`),
    () => Buffer.from(`${text.slice(0, -1)},"x":"${"y".repeat(70_000)}"}`),
    () => Buffer.from(`${text}${text}`),
    () => Buffer.from(dice.pick(["null", "true", "1", '""', "[]", "{}", "NaN", "{]", "'", "<x/>", "a=b"])),
    () => Buffer.from(`{"amount":1,"amount":2,"\\u0061mount":3}`),
    () => Buffer.from(Array.from({ length: dice.int(200) }, () => dice.int(256))),
  ])();
}
