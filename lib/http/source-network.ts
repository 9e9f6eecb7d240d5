import { isIPv6 } from "node:net";

/**
 * The unit of limits by address: an IPv4 address, or the /64 prefix of an IPv6 address, because a subscriber gets at
 * least a /64 and chooses the other bits freely (RFC 6177).
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
