import { describe, expect, it } from "vitest";
import { loopbackEndpointsOf, providerBaseUrls, SettingError } from "../../lib/environment.ts";

describe("PROVIDER_BASE_URLS, the addresses of simulators", () => {
  const PROVIDER_BASE_URLS =
    '{"stripe":"http://127.0.0.1:1","paypal":"http://localhost:2","alipay":"http://[::1]:3"}';

  it("there are no simulator addresses unless PROVIDER_BASE_URLS is set", () => {
    expect(providerBaseUrls({ STAGE: "prod" })).toEqual({});
  });

  it("PROVIDER_BASE_URLS may be set in the local stage only", () => {
    expect(providerBaseUrls({ STAGE: "local", PROVIDER_BASE_URLS })).toEqual(JSON.parse(PROVIDER_BASE_URLS));
    for (const STAGE of ["dev", "prod"] as const)
      expect(() => providerBaseUrls({ STAGE, PROVIDER_BASE_URLS })).toThrow(SettingError);
  });

  it.each([
    "",
    "http://127.0.0.1:1",
    "null",
    "[7]",
    '{"stripe":7}',
    '{"stripe":"127.0.0.1:1"}',
    '{"stripe":"http://evil.example"}',
    '{"stripe":"http://127.0.0.1.evil.example"}',
    '{"stripe":"http://127.0.0.1@evil.example"}',
    '{"stripe":"http://[::ffff:127.0.0.1]"}',
    '{"stripe":"http://10.0.0.1"}',
  ])("PROVIDER_BASE_URLS must be readable and name loopback addresses, so it refuses %j", (text) => {
    expect(() => providerBaseUrls({ STAGE: "local", PROVIDER_BASE_URLS: text })).toThrow(SettingError);
  });
});

describe("LOOPBACK_ENDPOINTS, notified over plain http", () => {
  it("LOOPBACK_ENDPOINTS may be set in the local stage only", () => {
    const LOOPBACK_ENDPOINTS = "127.0.0.1:1,localhost:2,[::1]:3,127.0.0.2:4";
    expect([...loopbackEndpointsOf({ STAGE: "local", LOOPBACK_ENDPOINTS })]).toEqual(
      LOOPBACK_ENDPOINTS.split(","),
    );
    expect(() => loopbackEndpointsOf({ STAGE: "prod", LOOPBACK_ENDPOINTS })).toThrow(SettingError);
  });

  it.each([
    "evil.example:80",
    "127.0.0.1:1,10.0.0.1:2",
    "127.0.0.1.evil.example:1",
    "http://127.0.0.1:1",
    " 127.0.0.1:1",
    "[::ffff:127.0.0.1]:1",
  ])("LOOPBACK_ENDPOINTS must name loopback addresses, so it refuses %j", (LOOPBACK_ENDPOINTS) => {
    expect(() => loopbackEndpointsOf({ STAGE: "local", LOOPBACK_ENDPOINTS })).toThrow(SettingError);
  });
});
