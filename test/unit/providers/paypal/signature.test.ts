import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newSigner } from "../../../../scripts/sandbox/kernel/certificate.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt } from "../payments.ts";
import { certificatePath, openPayPal, signedHeaders, signer } from "./account.ts";

const body = JSON.stringify({ id: "WH-1", event_type: "CUSTOMER.CREATED", resource: { name: "茶" } });
const certificate: Reply = { body: signer.certificatePem };
const named = "messageverificationcerts.paypal.com";
const seconds = (from: Date, count: number) => new Date(from.getTime() + count * 1000).toISOString();

type Headers = Record<string, string | undefined>;

/** Parses one webhook; `true` if it was accepted. */
async function accepts(change: (headers: Headers, url: string) => Headers = (headers) => headers) {
  const server = await localServer(() => certificate);
  const headers = change(signedHeaders(body, server.url + certificatePath), server.url);
  try {
    await openPayPal({ baseUrl: server.url }).parseWebhook({ body: Buffer.from(body), headers }, "");
    return true;
  } catch (error) {
    expect(error).toMatchObject({ failure: "notification_refused" });
    return false;
  }
}

describe("PayPal webhook signature", () => {
  it("a PayPal webhook with a valid signature is accepted", async () => {
    expect(await accepts()).toBe(true);
  });

  it("PayPal's certificate is cached for all merchants", async () => {
    const server = await localServer(() => certificate);
    const adapter = openPayPal({ baseUrl: server.url });
    const call = { body: Buffer.from(body), headers: signedHeaders(body, server.url + certificatePath) };
    for (let times = 0; times < 2; times++) await adapter.parseWebhook(call, "");
    await openPayPal({ baseUrl: server.url }).parseWebhook(call, "");
    expect(server.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${certificatePath}`]);
    expect(server.calls[0]?.headers).not.toHaveProperty("authorization");
  });

  it("PayPal's certificate is cached once for all spellings of its URL", async () => {
    const server = await localServer(() => certificate);
    for (const end of ["", "?", "#", "?#"]) {
      const headers = signedHeaders(body, server.url + certificatePath + end);
      await openPayPal({ baseUrl: server.url }).parseWebhook({ body: Buffer.from(body), headers }, "");
    }
    expect(server.calls.map(({ path }) => path)).toEqual([certificatePath]);
  });

  it("a failed download of PayPal's certificate is not cached", async () => {
    const server = await localServer((_call, count) => (count === 1 ? { status: 503 } : certificate));
    const adapter = openPayPal({ baseUrl: server.url });
    const call = { body: Buffer.from(body), headers: signedHeaders(body, server.url + certificatePath) };
    await expect(adapter.parseWebhook(call, "")).rejects.toMatchObject({ failure: "notification_refused" });
    expect(await adapter.parseWebhook(call, "")).toMatchObject({ eventId: "WH-1" });
  });

  it.each([
    "paypal-transmission-id",
    "paypal-transmission-time",
    "paypal-transmission-sig",
    "paypal-cert-url",
    "paypal-auth-algo",
  ])("a PayPal webhook is refused if %s is missing or not readable", async (name) => {
    expect(await accepts((headers) => ({ ...headers, [name]: undefined }))).toBe(false);
    expect(await accepts((headers) => ({ ...headers, [name]: "a b" }))).toBe(false);
  });

  const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
  it.each([
    ["another body", (_: object, url: string) => signedHeaders(`${body} `, url + certificatePath)],
    [
      "another key",
      (_: object, url: string) =>
        signedHeaders(body, url + certificatePath, { privateKey: other.privateKey }),
    ],
    [
      "another webhook id",
      (_: object, url: string) => signedHeaders(body, url + certificatePath, { webhookId: "8PT" }),
    ],
    [
      "the signature without its padding",
      (headers: Record<string, string | undefined>) => ({
        ...headers,
        "paypal-transmission-sig": headers["paypal-transmission-sig"]?.replace("==", ""),
      }),
    ],
    ["another algorithm", (headers: object) => ({ ...headers, "paypal-auth-algo": "SHA1withRSA" })],
    ["another transmission id", (headers: object) => ({ ...headers, "paypal-transmission-id": "b2384410" })],
    [
      "a changed time",
      (headers: object) => ({ ...headers, "paypal-transmission-time": "2025-11-23T12:00:01Z" }),
    ],
  ])("a PayPal webhook is refused with %s", async (_title, change) => {
    expect(await accepts(change)).toBe(false);
  });

  it.each([
    ["sent just now", 0, true],
    ["retried after three days", 3 * 86_400, true],
    ["sent more than 75 h ago", 75 * 3600 + 1, false],
    ["almost 300 s ahead", -299, true],
    ["301 s ahead", -302, false],
  ])("a PayPal webhook %s is accepted: $2", async (_title, age, accepted) => {
    const change = (_: object, url: string) =>
      signedHeaders(body, url + certificatePath, { time: seconds(createdAt, -age) });
    expect(await accepts(change)).toBe(accepted);
  });

  it.each([
    ["another host", () => "http://127.0.0.2:1/v1/notifications/certs/CERT-1"],
    ["PayPal's real host in the local stage", () => "https://api.paypal.com/v1/notifications/certs/CERT-1"],
    ["another path", (url: string) => `${url}/v1/other/CERT-1`],
    ["a path that leads out", (url: string) => `${url}/v1/notifications/certs/../../x`],
    ["a deeper path", (url: string) => `${url}${certificatePath}/x`],
    ["a query", (url: string) => `${url}${certificatePath}?x`],
    ["a fragment", (url: string) => `${url}${certificatePath}#x`],
    ["a user", (url: string) => `${url.replace("//", "//paypal@")}${certificatePath}`],
    ["another protocol", () => "file:///v1/notifications/certs/CERT-1"],
    ["no URL", () => "x"],
  ])("PayPal's certificate is never fetched from %s", async (_title, certUrl) => {
    const server = await localServer(() => certificate);
    const headers = { ...signedHeaders(body, certUrl(server.url)) };
    const parsed = openPayPal({ baseUrl: server.url }).parseWebhook({ body: Buffer.from(body), headers }, "");
    await expect(parsed).rejects.toMatchObject({ message: "paypal-cert-url is not PayPal's" });
    expect(server.calls).toEqual([]);
  });

  it.each([
    "http://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
    "https://api.paypal.com.example/v1/notifications/certs/CERT-1",
    "https://paypal.com@127.0.0.1/v1/notifications/certs/CERT-1",
    "https://www.paypal.com/v1/notifications/certs/CERT-1",
    "http://127.0.0.1/v1/notifications/certs/CERT-1",
  ])("outside the local stage PayPal's certificate is never fetched from %s", async (certUrl) => {
    const parsed = openPayPal().parseWebhook(
      { body: Buffer.from(body), headers: signedHeaders(body, certUrl) },
      "",
    );
    await expect(parsed).rejects.toMatchObject({ message: "paypal-cert-url is not PayPal's" });
  });

  const day = 86_400;
  const at = (count: number) => new Date(createdAt.getTime() + count * 1000);
  const forged = newSigner(named, createdAt);
  it.each([
    ["missing", { status: 404 }, "HTTP 404"],
    ["redirected", { status: 302, headers: { location: "/x" }, body: signer.certificatePem }, "HTTP 302"],
    ["too large", { body: signer.certificatePem + " ".repeat(70_000) }, "too-large"],
    ["unreadable", { body: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }, "not readable"],
    ["empty", { body: "" }, "not that of PayPal"],
    [
      "another party's",
      { body: newSigner("api.paypal.com", createdAt).certificatePem },
      "not that of PayPal",
    ],
    [
      "of a name similar to PayPal's",
      { body: newSigner(`x${named}`, createdAt).certificatePem },
      "not that of PayPal",
    ],
    ["not yet valid", { body: newSigner(named, at(2 * day)).certificatePem }, "not valid at this time"],
    ["no longer valid", { body: newSigner(named, at(-3651 * day)).certificatePem }, "not valid at this time"],
    ["not signed by its issuer", { body: signerAndImpostor() }, "not signed by its issuer"],
    ["of another key", { body: forged.certificatePem }, "does not fit"],
    ["of an unreadable key", { body: withUnreadableKey() }, "the key of a certificate is not readable"],
    ["without an answer", "reset", "reset"],
  ] satisfies [string, Reply, string][])(
    "a PayPal webhook is refused if its certificate is %s",
    async (_title, reply, why) => {
      const server = await localServer(() => reply);
      const call = { body: Buffer.from(body), headers: signedHeaders(body, server.url + certificatePath) };
      await expect(openPayPal({ baseUrl: server.url }).parseWebhook(call, "")).rejects.toMatchObject({
        failure: "notification_refused",
        message: expect.stringContaining(why),
      });
    },
  );

  it("a PayPal webhook is refused if the config has no webhook id", async () => {
    const server = await localServer(() => certificate);
    const adapter = openPayPal({ baseUrl: server.url, webhook_id: undefined });
    const headers = signedHeaders(body, server.url + certificatePath, { webhookId: "undefined" });
    const parsed = adapter.parseWebhook({ body: Buffer.from(body), headers }, "");
    await expect(parsed).rejects.toMatchObject({ failure: "notification_refused" });
    expect(server.calls).toEqual([]);
  });
});

/** A certificate whose key has an algorithm that does not exist. */
function withUnreadableKey(): string {
  const der = Buffer.from(signer.certificatePem.replace(/-----.*?-----|\s/g, ""), "base64");
  const rsaEncryption = Buffer.from("2a864886f70d010101", "hex");
  der[der.indexOf(rsaEncryption) + rsaEncryption.length - 1] = 0x7f;
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
}

/** Two certificates of one name: each names the other as its issuer. */
function signerAndImpostor(): string {
  const impostor = newSigner("messageverificationcerts.sandbox.paypal.com", createdAt);
  return signer.certificatePem + impostor.certificatePem;
}
