import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLoopback, isPublicUnicast } from "../../lib/notify/public-address.ts";

/** First and last address of every block that is not public, next to the public addresses on either side of it. */
const ipv4Blocks = [
  { name: "this network", first: "0.0.0.0", last: "0.255.255.255", after: "1.0.0.0" },
  {
    name: "private 10",
    before: "9.255.255.255",
    first: "10.0.0.0",
    last: "10.255.255.255",
    after: "11.0.0.0",
  },
  {
    name: "carrier-grade NAT",
    before: "100.63.255.255",
    first: "100.64.0.0",
    last: "100.127.255.255",
    after: "100.128.0.0",
  },
  {
    name: "loopback",
    before: "126.255.255.255",
    first: "127.0.0.0",
    last: "127.255.255.255",
    after: "128.0.0.0",
  },
  {
    name: "link-local",
    before: "169.253.255.255",
    first: "169.254.0.0",
    last: "169.254.255.255",
    after: "169.255.0.0",
  },
  {
    name: "private 172",
    before: "172.15.255.255",
    first: "172.16.0.0",
    last: "172.31.255.255",
    after: "172.32.0.0",
  },
  {
    name: "protocol assignments",
    before: "191.255.255.255",
    first: "192.0.0.0",
    last: "192.0.0.255",
    after: "192.0.1.0",
  },
  {
    name: "documentation 1",
    before: "192.0.1.255",
    first: "192.0.2.0",
    last: "192.0.2.255",
    after: "192.0.3.0",
  },
  {
    name: "AS112 v4",
    before: "192.31.195.255",
    first: "192.31.196.0",
    last: "192.31.196.255",
    after: "192.31.197.0",
  },
  {
    name: "AMT",
    before: "192.52.192.255",
    first: "192.52.193.0",
    last: "192.52.193.255",
    after: "192.52.194.0",
  },
  {
    name: "6to4 relay",
    before: "192.88.98.255",
    first: "192.88.99.0",
    last: "192.88.99.255",
    after: "192.88.100.0",
  },
  {
    name: "private 192",
    before: "192.167.255.255",
    first: "192.168.0.0",
    last: "192.168.255.255",
    after: "192.169.0.0",
  },
  {
    name: "AS112 delegation",
    before: "192.175.47.255",
    first: "192.175.48.0",
    last: "192.175.48.255",
    after: "192.175.49.0",
  },
  {
    name: "benchmarking",
    before: "198.17.255.255",
    first: "198.18.0.0",
    last: "198.19.255.255",
    after: "198.20.0.0",
  },
  {
    name: "documentation 2",
    before: "198.51.99.255",
    first: "198.51.100.0",
    last: "198.51.100.255",
    after: "198.51.101.0",
  },
  {
    name: "documentation 3",
    before: "203.0.112.255",
    first: "203.0.113.0",
    last: "203.0.113.255",
    after: "203.0.114.0",
  },
  { name: "multicast and reserved", before: "223.255.255.255", first: "224.0.0.0", last: "255.255.255.255" },
];

describe("IPv4", () => {
  it.each(ipv4Blocks)("$name ends where it should", ({ before, first, last, after }) => {
    expect([first, last].filter(isPublicUnicast)).toEqual([]);
    const neighbours = [before, after].filter((address) => address !== undefined);
    expect(neighbours.filter(isPublicUnicast)).toEqual(neighbours);
  });

  it.each(["1.1.1.1", "8.8.8.8", "47.88.0.1", "93.184.216.34", "223.5.5.5"])("%s is public", (address) => {
    expect(isPublicUnicast(address)).toBe(true);
  });

  it("is never public inside any form of IPv6 that is not itself public", () => {
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
  ])("%s is not public", (_name, address) => {
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
  ])("%s is public", (address) => {
    expect(isPublicUnicast(address)).toBe(true);
  });

  it("outside 2000::/3 is never public", () => {
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
])("%j is no address, so not public and not loopback", (text) => {
  expect([isPublicUnicast(text), isLoopback(text)]).toEqual([false, false]);
});

describe("loopback", () => {
  it.each(["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1"])("is %s", (address) => {
    expect(isLoopback(address)).toBe(true);
  });

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
  ])("is not %s", (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});
