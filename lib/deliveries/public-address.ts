import { BlockList, isIPv4, isIPv6 } from "node:net";

/** https://www.iana.org/assignments/iana-ipv4-special-registry, then multicast and reserved space. */
const specialIpv4 = blocks("ipv4", [
  // mutation: address-this-network
  "0.0.0.0/8",
  // mutation: address-private-10
  "10.0.0.0/8",
  // mutation: address-shared
  "100.64.0.0/10",
  // mutation: address-loopback
  "127.0.0.0/8",
  // mutation: address-link-local
  "169.254.0.0/16",
  // mutation: address-private-172
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  // mutation: address-private-192
  "192.168.0.0/16",
  "192.175.48.0/24",
  // mutation: address-benchmark
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  // mutation: address-multicast
  "224.0.0.0/4",
  // mutation: address-reserved
  "240.0.0.0/4",
]);

/**
 * The only range from which global IPv6 unicast addresses are assigned. Outside it are loopback, mapped and compatible
 * IPv4, NAT64, unique local, link-local, site-local and multicast: https://www.iana.org/assignments/ipv6-address-space
 */
const globalIpv6 = blocks("ipv6", /* mutation: address-ipv6-ranges */ ["2000::/3"]);

/**
 * Special ranges inside 2000::/3: protocol assignments (Teredo, benchmarking, ORCHID), documentation, 6to4 and AS112.
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const specialIpv6 = blocks("ipv6", [
  // mutation: address-ietf-ipv6
  "2001::/23",
  // mutation: address-documentation-ipv6
  "2001:db8::/32",
  // mutation: address-6to4
  "2002::/16",
  "2620:4f:8000::/48",
  "3fff::/20",
]);

/** Whether an address is public unicast; `false` also for text that is no address and for IPv6 with a zone. */
export function isPublicUnicast(address: string): boolean {
  // `check` without the right family answers "not listed" to everything.
  if (isIPv4(address)) return !specialIpv4.check(address, /* mutation: address-family */ "ipv4");
  return (
    isIPv6(address) &&
    /* mutation: address-zone */ !address.includes("%") &&
    /* mutation: address-global-ipv6 */ globalIpv6.check(address, "ipv6") &&
    !specialIpv6.check(address, "ipv6")
  );
}

function blocks(family: "ipv4" | "ipv6", ranges: string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
