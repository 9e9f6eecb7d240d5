import { describe, expect, it } from "vitest";
import { secondsAfter } from "../../../lib/clock.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt, payment } from "../payments.ts";
import {
  answer,
  apiV3Key,
  certificateMode,
  mchId,
  noticeCall,
  openWechat,
  ours,
  paid,
  platform,
  rawCredentials,
  type Signing,
  sealed,
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
        encrypt_certificate: sealed(certificatePem, "certificate", key),
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
    hears: (signing: Signing = by()) =>
      adapter.hear(noticeCall(transaction(), { signing: { at: now, ...signing } }), mchId),
  };
}

const refused = (message: RegExp) => ({
  failure: "notification_refused",
  message: expect.stringMatching(message),
});

describe("a platform certificate", () => {
  it("is downloaded once for many messages, also for many at once", async () => {
    const { adapter, hears, downloads, server } = await merchant(() => list());
    const heard = await Promise.all([hears(), hears(), hears()]);
    expect(heard.map(({ observations }) => observations)).toEqual([[paid], [paid], [paid]]);
    expect(await adapter.look(payment())).toEqual([paid]);
    expect(downloads()).toBe(1);
    expect(server.calls[0]?.headers["wechatpay-serial"]).toBe(undefined);
  });

  it("is one of several that are valid at once", async () => {
    const { hears, downloads } = await merchant(() => list([old, young], by(young)));
    for (const signer of platform) expect((await hears(by(signer))).observations).toEqual([paid]);
    expect(downloads()).toBe(1);
  });

  it("is found although its serial number is written in small letters", async () => {
    const { hears } = await merchant(() => list());
    expect(await hears({ ...by(), serial: old.serialNumber.toLowerCase() })).toMatchObject({
      observations: [paid],
    });
  });

  it("that is new is found by a download, and both sign from then on", async () => {
    const { hears, later, downloads } = await merchant((count) => list(count === 1 ? [old] : platform));
    await hears(by(old));
    later(60);
    await hears(by(young));
    await hears(by(old));
    expect(downloads()).toBe(2);
  });

  it("is downloaded again after 12 hours, and is not used longer", async () => {
    const { hears, later, downloads } = await merchant((count) => (count === 1 ? list() : { status: 500 }));
    await hears();
    later(12 * 3600 - 1);
    await hears();
    expect(downloads()).toBe(1);
    later(1);
    await expect(hears()).rejects.toMatchObject(refused(/HTTP 500/));
    expect(downloads()).toBe(2);
  });

  it("is looked for at most once a minute, however many serial numbers are invented", async () => {
    const { hears, later, downloads } = await merchant(() => list());
    for (const serial of ["AA", "BB", "constructor", "__proto__"]) {
      await expect(hears({ ...by(), serial })).rejects.toMatchObject(refused(/no key has its serial number/));
    }
    expect(downloads()).toBe(1);
    later(59);
    await expect(hears({ ...by(), serial: "CC" })).rejects.toMatchObject(refused(/no key/));
    expect(downloads()).toBe(1);
    later(1);
    await expect(hears({ ...by(), serial: "CC" })).rejects.toMatchObject(refused(/no key/));
    expect(downloads()).toBe(2);
  });

  it("is not looked for when the message is old, a probe, or signed with an unknown public key", async () => {
    const { hears, downloads } = await merchant(() => list());
    const probe = { changes: { "wechatpay-signature": "WECHATPAY/SIGNTEST/x" } };
    for (const wrong of [{ at: new Date("2014-01-01") }, probe, { serial: "PUB_KEY_ID_1" }]) {
      await expect(hears({ ...by(), ...wrong })).rejects.toMatchObject(refused(/./));
    }
    expect(downloads()).toBe(0);
  });

  it("signs beside the public key while a merchant moves to it", async () => {
    const { hears, downloads } = await merchant(() => list(), rawCredentials);
    expect(await hears({})).toMatchObject({ observations: [paid] });
    expect(downloads()).toBe(0);
    expect(await hears(by())).toMatchObject({ observations: [paid] });
  });

  it("is also believed when the list is signed with the public key", async () => {
    const { hears } = await merchant(() => list([old], {}), rawCredentials);
    expect(await hears(by())).toMatchObject({ observations: [paid] });
  });

  it.each([
    ["expired", 6 * 365],
    ["not yet valid", -30],
  ])("that is %s is not believed", async (_title, days) => {
    let now = createdAt;
    const server = await localServer(() => list([old], { ...by(), at: now }));
    const adapter = openWechat({
      baseUrl: server.url,
      clock: { now: () => now },
      credentials: certificateMode,
    });
    now = secondsAfter(createdAt, days * 24 * 3600);
    const call = noticeCall(transaction(), { signing: { ...by(), at: now } });
    await expect(adapter.hear(call, mchId)).rejects.toMatchObject(refused(/not valid now/));
  });

  it.each([
    ["encrypted with another key", list([old], by(), "another key of thirty-two bytes!"), /api_v3_key/],
    ["signed by somebody else", list([old], { ...by(), key: ours.privateKey }), /does not fit/],
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
    ["at no such address", answer({ code: "ORDER_NOT_EXIST" }, 404, by()), /HTTP 404/],
    ["that never comes", "reset", /127\.0\.0\.1/],
  ] satisfies [string, Reply, RegExp][])("of a list %s is not believed", async (_title, reply, message) => {
    const { hears, adapter } = await merchant(() => reply);
    await expect(hears()).rejects.toMatchObject(refused(message));
    expect(await adapter.look(payment())).toMatchObject([
      { kind: "unknown", why: expect.stringMatching(message) },
    ]);
  });
});
