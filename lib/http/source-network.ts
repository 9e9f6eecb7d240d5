import { isIPv6 } from "node:net";

/**
 * Whose calls count together: one IPv4 address, or the 64 bits of an IPv6 address that one connection to the internet is
 * given; the rest of it anybody chooses as he likes (RFC 6177).
 */
export function sourceNetwork(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [before = "", after] = address.split("%")[0]!.split("::");
  const groups = (part = "") => part.split(":").filter(Boolean);
  const zeros = after === undefined ? 0 : 8 - groups(before).length - groups(after).length;
  const all = [...groups(before), ...Array<string>(zeros).fill("0"), ...groups(after)];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
