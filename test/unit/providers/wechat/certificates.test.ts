import { describe, expect, it } from "vitest";
import { secondsAfter } from "../../../../lib/clock.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt, payment } from "../payments.ts";
import {
  answer,
  apiV3Key,
  certificateMode,
  encrypted,
  mchId,
  noticeCall,
  openWechat,
  ours,
  paid,
  platform,
  rawCredentials,
  type Signing,
  transaction,
} from "./merchant.ts";

const [old, young] = platform;
const by = (signer = old): Signing => ({ key: signer.privateKey, serial: signer.serialNumber });

const list = (signers: readonly (typeof old)[] = [old], signing: Signing = by(), key = apiV3Key) =>
  answer(
    {
      data: signers.map(({ serialNumber, certificatePem }) => ({
        serial_no: serialNumber,
        effective_time: "2025-11-22T20:00:00+08:00",
        expire_time: "2030-11-22T20:00:00+08:00",
        encrypt_certificate: encrypted(certificatePem, "certificate", key),
      })),
    },
    200,
    signing,
  );

/** A merchant in certificate mode whose clock can be moved. */
async function merchant(
  lists: (count: number) => Reply,
  credentials: Record<string, string> = certificateMode,
) {
  let now = createdAt;
  let downloads = 0;
  const server = await localServer(({ path }) => {
    if (path !== "/v3/certificates") return answer(transaction(), 200, { ...by(), at: now });
    downloads += 1;
    return lists(downloads);
  });
  const adapter = openWechat({ baseUrl: server.url, clock: { now: () => now }, credentials });
  return {
    adapter,
    server,
    downloads: () => downloads,
    later(seconds: number) {
      now = secondsAfter(now, seconds);
    },
    parses: (signing: Signing = by()) =>
      adapter.parseWebhook(noticeCall(transaction(), { signing: { at: now, ...signing } }), mchId),
  };
}

const refused = (message: RegExp) => ({
  failure: "notification_refused",
  message: expect.stringMatching(message),
});

describe("WeChat Pay platform certificates", () => {
  it("a WeChat Pay platform certificate is downloaded once for many messages, also for concurrent ones", async () => {
    const { adapter, parses, downloads, server } = await merchant(() => list());
    const parsed = await Promise.all([parses(), parses(), parses()]);
    expect(parsed.map(({ events }) => events)).toEqual([[paid], [paid], [paid]]);
    expect(await adapter.fetchPayment(payment())).toEqual([paid]);
    expect(downloads()).toBe(1);
    expect(server.calls[0]?.headers["wechatpay-serial"]).toBe(undefined);
  });

  it("several WeChat Pay platform certificates may be valid at once", async () => {
    const { parses, downloads } = await merchant(() => list([old, young], by(young)));
    for (const signer of platform) expect((await parses(by(signer))).events).toEqual([paid]);
    expect(downloads()).toBe(1);
  });

  it("a WeChat Pay platform certificate is found by its serial number in lower case", async () => {
    const { parses } = await merchant(() => list());
    expect(await parses({ ...by(), serial: old.serialNumber.toLowerCase() })).toMatchObject({
      events: [paid],
    });
  });

  it("a new WeChat Pay platform certificate is downloaded, and the old one stays valid", async () => {
    const { parses, later, downloads } = await merchant((count) => list(count === 1 ? [old] : platform));
    await parses(by(old));
    later(60);
    await parses(by(young));
    await parses(by(old));
    expect(downloads()).toBe(2);
  });

  it("WeChat Pay platform certificates are downloaded again after 12 hours, and not used longer", async () => {
    const { parses, later, downloads } = await merchant((count) => (count === 1 ? list() : { status: 500 }));
    await parses();
    later(12 * 3600 - 1);
    await parses();
    expect(downloads()).toBe(1);
    later(1);
    await expect(parses()).rejects.toMatchObject(refused(/HTTP 500/));
    expect(downloads()).toBe(2);
  });

  it("WeChat Pay platform certificates are downloaded at most once a minute, even for invented serial numbers", async () => {
    const { parses, later, downloads } = await merchant(() => list());
    for (const serial of ["AA", "BB", "constructor", "__proto__"]) {
      await expect(parses({ ...by(), serial })).rejects.toMatchObject(
        refused(/no key has its serial number/),
      );
    }
    expect(downloads()).toBe(1);
    later(59);
    await expect(parses({ ...by(), serial: "CC" })).rejects.toMatchObject(refused(/no key/));
    expect(downloads()).toBe(1);
    later(1);
    await expect(parses({ ...by(), serial: "CC" })).rejects.toMatchObject(refused(/no key/));
    expect(downloads()).toBe(2);
  });

  it("an old message, a probe or an unknown public key causes no download of WeChat Pay certificates", async () => {
    const { parses, downloads } = await merchant(() => list());
    const probe = { changes: { "wechatpay-signature": "WECHATPAY/SIGNTEST/x" } };
    for (const wrong of [{ at: new Date("2014-01-01") }, probe, { serial: "PUB_KEY_ID_1" }]) {
      await expect(parses({ ...by(), ...wrong })).rejects.toMatchObject(refused(/./));
    }
    expect(downloads()).toBe(0);
  });

  it("WeChat Pay platform certificates are accepted beside the public key during a migration", async () => {
    const { parses, downloads } = await merchant(() => list(), rawCredentials);
    expect(await parses({})).toMatchObject({ events: [paid] });
    expect(downloads()).toBe(0);
    expect(await parses(by())).toMatchObject({ events: [paid] });
  });

  it("a list of WeChat Pay platform certificates may be signed with the public key", async () => {
    const { parses } = await merchant(() => list([old], {}), rawCredentials);
    expect(await parses(by())).toMatchObject({ events: [paid] });
  });

  it.each([
    ["expired", 6 * 365],
    ["not yet valid", -30],
  ])("a WeChat Pay platform certificate that is %s is refused", async (_title, days) => {
    let now = createdAt;
    const server = await localServer(() => list([old], { ...by(), at: now }));
    const adapter = openWechat({
      baseUrl: server.url,
      clock: { now: () => now },
      credentials: certificateMode,
    });
    now = secondsAfter(createdAt, days * 24 * 3600);
    const call = noticeCall(transaction(), { signing: { ...by(), at: now } });
    await expect(adapter.parseWebhook(call, mchId)).rejects.toMatchObject(refused(/not valid now/));
  });

  it.each([
    ["encrypted with another key", list([old], by(), "another key of thirty-two bytes!"), /api_v3_key/],
    ["signed by another party", list([old], { ...by(), key: ours.privateKey }), /does not fit/],
    ["signed with none of them", list([old], by(young)), /none of them/],
    [
      "signed as a probe",
      list([old], { changes: { "wechatpay-signature": "WECHATPAY/SIGNTEST/x" } }),
      /probes/,
    ],
    ["that is empty", answer({ data: [] }, 200, by()), /another form/],
    ["of no certificates", list([{ ...old, certificatePem: "canary" }]), /not readable/],
    [
      "refused to merchants with a public key",
      answer({ code: "RESOURCE_NOT_EXISTS" }, 404, by()),
      /set public_key_id and public_key/,
    ],
    ["refused with another 404", answer({ code: "ORDER_NOT_EXIST" }, 404, by()), /HTTP 404/],
    ["that never comes", "reset", /127\.0\.0\.1/],
  ] satisfies [string, Reply, RegExp][])(
    "a list of WeChat Pay certificates %s is refused",
    async (_title, reply, message) => {
      const { parses, adapter } = await merchant(() => reply);
      await expect(parses()).rejects.toMatchObject(refused(message));
      expect(await adapter.fetchPayment(payment())).toMatchObject([
        { kind: "unknown", why: expect.stringMatching(message) },
      ]);
    },
  );
});
