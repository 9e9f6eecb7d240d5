import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicUnicast } from "../../../lib/deliveries/public-address.ts";
import { isLoopback } from "../../../lib/loopback.ts";

/** Every block that is not public: the public address before it, its first and last, the public address after it. */
const ipv4Blocks = [
  ["this network", null, "0.0.0.0", "0.255.255.255", "1.0.0.0"],
  ["private 10", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
  ["carrier-grade NAT", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"],
  ["loopback", "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"],
  ["link-local", "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"],
  ["private 172", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"],
  ["protocol assignments", "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"],
  ["documentation 1", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"],
  ["AS112 v4", "192.31.195.255", "192.31.196.0", "192.31.196.255", "192.31.197.0"],
  ["AMT", "192.52.192.255", "192.52.193.0", "192.52.193.255", "192.52.194.0"],
  ["6to4 relay", "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"],
  ["private 192", "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"],
  ["AS112 delegation", "192.175.47.255", "192.175.48.0", "192.175.48.255", "192.175.49.0"],
  ["benchmarking", "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"],
  ["documentation 2", "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"],
  ["documentation 3", "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"],
  ["multicast and reserved", "223.255.255.255", "224.0.0.0", "255.255.255.255", null],
] as const;

describe("IPv4", () => {
  it.each(ipv4Blocks)(
    "the IPv4 block %s is not public, and the addresses next to it are",
    (_name, before, first, last, after) => {
      expect([first, last].filter(isPublicUnicast)).toEqual([]);
      const neighbours = [before, after].filter((address) => address !== null);
      expect(neighbours.filter(isPublicUnicast)).toEqual(neighbours);
    },
  );

  it.each(["1.1.1.1", "8.8.8.8", "47.88.0.1", "93.184.216.34", "223.5.5.5"])(
    "the IPv4 address %s is public",
    (address) => {
      expect(isPublicUnicast(address)).toBe(true);
    },
  );

  it("no IPv4 address is public inside an IPv6 address of a form that is not public", () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.constantFrom("::ffff:", "::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"),
        (v4, prefix) => {
          expect(isPublicUnicast(prefix + v4)).toBe(false);
        },
      ),
    );
  });
});

describe("IPv6", () => {
  it.each([
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["loopback, written out", "0:0:0:0:0:0:0:1"],
    ["IPv4-compatible", "::127.0.0.1"],
    ["IPv4-compatible metadata", "::a9fe:a9fe"],
    ["IPv4-mapped private", "::ffff:10.0.0.1"],
    ["IPv4-mapped metadata in hex", "::ffff:a9fe:a9fe"],
    ["IPv4-mapped public", "::ffff:8.8.8.8"],
    ["IPv4-translated", "::ffff:0:10.0.0.1"],
    ["NAT64 of a private address", "64:ff9b::10.0.0.1"],
    ["NAT64 of a public address", "64:ff9b::8.8.8.8"],
    ["local-use NAT64", "64:ff9b:1::a00:1"],
    ["discard-only", "100::1"],
    ["dummy prefix", "100:0:0:1::1"],
    ["Teredo", "2001:0:53aa:64c::1"],
    ["port control anycast", "2001:1::1"],
    ["benchmarking", "2001:2::1"],
    ["AMT", "2001:3::1"],
    ["AS112 v6", "2001:4:112::1"],
    ["ORCHID", "2001:10::1"],
    ["ORCHID v2", "2001:20::1"],
    ["drone remote id", "2001:30::1"],
    ["last protocol assignment", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["documentation", "2001:db8::1"],
    ["last of documentation", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["6to4 of a private address", "2002:a00:1::1"],
    ["6to4 of loopback", "2002:7f00:1::"],
    ["6to4 of a public address", "2002:808:808::1"],
    ["AS112 delegation", "2620:4f:8000::1"],
    ["new documentation", "3fff::1"],
    ["last of new documentation", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["below global unicast", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["above global unicast", "4000::"],
    ["segment routing", "5f00::1"],
    ["unique local", "fc00::1"],
    ["unique local metadata", "fd00:ec2::254"],
    ["link-local", "fe80::1"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
    ["global multicast", "ff0e::1"],
    ["public with a zone", "2606:4700:4700::1111%eth0"],
    ["link-local with a zone", "fe80::1%lo"],
  ])("an IPv6 address that is %s is not public: %s", (_name, address) => {
    expect(isPublicUnicast(address)).toBe(false);
  });

  it.each([
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7:ffff::1",
    "2001:db9::1",
    "2003::1",
    "2400:3200::1",
    "2606:4700:4700::1111",
    "2620:4f:7fff::1",
    "2620:4f:8001::1",
    "3fff:1000::1",
  ])("the IPv6 address %s is public", (address) => {
    expect(isPublicUnicast(address)).toBe(true);
  });

  it("no IPv6 address outside 2000::/3 is public", () => {
    const global = new BlockList();
    global.addSubnet("2000::", 3, "ipv6");
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        fc.pre(!global.check(address, "ipv6"));
        expect(isPublicUnicast(address)).toBe(false);
      }),
    );
  });
});

it.each([
  "",
  "localhost",
  "127.1",
  "0x7f000001",
  "2130706433",
  "0177.0.0.1",
  "8.8.8",
  "8.8.8.8.8",
  "8.8.8.8:443",
  " 8.8.8.8",
  "[2606:4700::1]",
  "8.8.8.8\0",
  "٨.8.8.8",
])("%j is no address, so neither public nor loopback", (text) => {
  expect([isPublicUnicast(text), isLoopback(text)]).toEqual([false, false]);
});

describe("loopback", () => {
  it.each(["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1"])(
    "the address %s is loopback",
    (address) => {
      expect(isLoopback(address)).toBe(true);
    },
  );

  it.each([
    "126.255.255.255",
    "128.0.0.0",
    "0.0.0.0",
    "10.0.0.1",
    "8.8.8.8",
    "::",
    "::2",
    "::ffff:127.0.0.1",
    "::1%lo",
  ])("the address %s is not loopback", (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});
