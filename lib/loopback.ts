import { BlockList, isIPv4, isIPv6 } from "node:net";

const ipv4 = new BlockList();
ipv4.addSubnet("127.0.0.0", 8, "ipv4");
const ipv6 = new BlockList();
ipv6.addAddress("::1", "ipv6");

/** Whether an address is this machine's own: 127.0.0.0/8 or ::1, not mapped into IPv6 and without a zone. */
export function isLoopback(address: string): boolean {
  if (isIPv4(address)) return ipv4.check(address, "ipv4");
  // `check` matches an IPv4-mapped address against IPv4 rules, of which this list has none.
  return isIPv6(address) && !address.includes("%") && ipv6.check(address, "ipv6");
}

/** The same for the host of a URL: `localhost`, or an address, IPv6 in brackets. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || isLoopback(host.replace(/^\[(.*)\]$/, "$1"));
}
