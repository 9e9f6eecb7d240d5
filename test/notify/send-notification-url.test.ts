import { describe, expect, it } from "vitest";
import { notificationSender, whyUnsendable } from "../../lib/notify/send-notification.ts";

const loopbackEndpoints = new Set([
  "127.0.0.1:4000",
  "localhost:4001",
  "[::1]:4000",
  "localhost:80",
  "192.168.0.9:4000",
]);

/** `name`: no literal, so its addresses decide when it is sent. */
const verdicts: Record<string, string[]> = {
  "must be a valid https URL": [
    "",
    "merchant.example/hook",
    "https://",
    "https://:443/",
    "https://a b.example/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://merchant.example:65536/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::1/",
    "https://[::ffff:127.0.0.1.]/",
    "https://::1/",
    "https://merchant%00.example/",
  ],
  "must be https": [
    "http://merchant.example/hook",
    "http://8.8.8.8/",
    "HTTP://merchant.example/",
    "ftp://merchant.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "data:application/json,{}",
    "javascript:alert(1)",
    "ws://merchant.example/",
    "blob:https://merchant.example/1",
    "ftp://127.0.0.1:4000/",
    "ws://localhost:4001/",
    "http://127.0.0.1/",
    "http://127.0.0.1:4001/",
    "http://localhost:4000/",
    "http://localhost.:4001/",
    "http://127.0.0.2:4000/",
    "http://merchant.example:4000/",
    "http://127.0.0.1:4000@merchant.example/",
    "http://127.0.0.1.merchant.example:4000/",
  ],
  "must not hold a user name or password": [
    "https://user@merchant.example/",
    "https://user:secret@merchant.example/",
    "https://:secret@merchant.example/",
    "https://merchant.example@127.0.0.1/",
    "https://127.0.0.1:4000@8.8.8.8/",
    "http://user@127.0.0.1:4000/",
  ],
  "must not name port 0": ["https://merchant.example:0/", "https://8.8.8.8:00/"],
  "must lead to a public address": [
    "https://127.0.0.1/",
    "https://127.0.0.1:4001/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://10.1/",
    "https://0xA9FEA9FE/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials/",
    "https://172.16.0.1/",
    "https://192.168.1.1:8443/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://203.0.113.7/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://①②⑦.0.0.1/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https:\\\\127.0.0.1\\hook",
    "https:127.0.0.1/",
    "https:///127.0.0.1/",
    "https://127.0.0.1\t/",
    " https://127.0.0.1/ ",
    "ht\ntps://12\n7.0.0.1/",
    "https://127.0.0.1#@merchant.example/",
    "https://127.0.0.1\\@merchant.example/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::169.254.169.254]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://[2001:db8::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "http://192.168.0.9:4000/",
  ],
};

const possible = [
  "https://merchant.example/hook",
  "https://merchant.example./hook",
  "https://merchant.example:8443/hook?token=1#part",
  "https://商家.example/通知",
  "https://8.8.8.8/hook",
  "https://134744072/hook",
  "https://[2606:4700:4700::1111]/hook",
  "https://@merchant.example/",
  // Names: their addresses decide, when it is sent.
  "https://localhost/",
  "https://127.0.0.1.nip.io/",
  "https://metadata.google.internal/",
  // Listed.
  "http://127.0.0.1:4000/hook",
  "http://0x7f000001:4000/hook",
  "http://[::1]:4000/hook",
  "http://localhost:4001/hook",
  "http://localhost/hook",
  "https://127.0.0.1:4000/hook",
];

const refused = Object.entries(verdicts).flatMap(([why, urls]) => urls.map((url) => ({ url, why })));

describe("a URL to which nothing could ever be sent", () => {
  it.each(refused)("$url $why", ({ url, why }) => {
    expect(whyUnsendable(url, loopbackEndpoints)).toBe(why);
  });

  it("is longer than 2048 characters", () => {
    const url = "https://merchant.example/".padEnd(2048, "a");
    expect(whyUnsendable(url, loopbackEndpoints)).toBeNull();
    expect(whyUnsendable(`${url}a`, loopbackEndpoints)).toBe("must have at most 2048 characters");
  });

  it.each(refused)("is not sent to either: $url", async ({ url, why }) => {
    const asked: string[] = [];
    const send = notificationSender({
      loopbackEndpoints,
      resolve: async (hostname) => {
        asked.push(hostname);
        return [];
      },
      request: async () => {
        throw new Error("must not be called");
      },
    });
    const outcome = await send({ url, headers: {}, payload: "{}" });
    expect(outcome).toEqual({ outcome: "failed", httpStatus: null, answer: `not sent: the URL ${why}` });
    expect(asked).toEqual([]);
  });
});

describe("a URL to which something may be sent", () => {
  it.each(possible)("is %s", (url) => {
    expect(whyUnsendable(url, loopbackEndpoints)).toBeNull();
  });

  it.each(["http://127.0.0.1:4000/", "http://localhost:4001/"])(
    "is not %s where nothing is listed",
    (url) => {
      expect(whyUnsendable(url, new Set())).toBe("must be https");
    },
  );
});
