import { drop, dropLink, dropOperand, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const address = { tests: ["test/unit/deliveries/public-address.test.ts"] };
const url = { tests: ["test/unit/deliveries/send-notification-url.test.ts"] };

const reachable = (range: string, at: string): Mutation => ({
  name: `A notification is sent to an address in ${range}`,
  at: `address-${at}`,
  change: drop,
  ...address,
});

/** Sending notifications to addresses that merchants choose. */
export const sendingMutations: Mutation[] = [
  reachable("0.0.0.0/8", "this-network"),
  reachable("10.0.0.0/8", "private-10"),
  reachable("100.64.0.0/10", "shared"),
  reachable("169.254.0.0/16", "link-local"),
  reachable("172.16.0.0/12", "private-172"),
  reachable("192.168.0.0/16", "private-192"),
  reachable("198.18.0.0/15", "benchmark"),
  reachable("224.0.0.0/4", "multicast"),
  reachable("240.0.0.0/4", "reserved"),
  reachable("2001::/23", "ietf-ipv6"),
  reachable("2001:db8::/32", "documentation-ipv6"),
  reachable("2002::/16", "6to4"),
  {
    name: "A notification is sent to a loopback address",
    at: "address-loopback",
    change: drop,
    ...address,
  },
  {
    name: "A notification is sent to mapped, unique local, link-local and all other non-global IPv6 addresses",
    at: "address-global-ipv6",
    change: dropOperand,
    ...address,
  },
  {
    name: "A notification is sent to unique local and link-local IPv6 addresses",
    at: "address-ipv6-ranges",
    change: replace('["2000::/3", "fc00::/7", "fe80::/10"]'),
    ...address,
  },
  {
    name: "A notification is sent to IPv4 addresses mapped into IPv6",
    at: "address-ipv6-ranges",
    change: replace('["2000::/3", "::ffff:0:0/96"]'),
    ...address,
  },
  {
    name: "IPv4 addresses are checked as IPv6, which matches no blocked range",
    at: "address-family",
    change: replace('"ipv6"'),
    ...address,
  },
  {
    name: "A notification is sent to an IPv6 address with a zone",
    at: "address-zone",
    change: dropOperand,
    ...address,
  },
  {
    name: "A notification is sent without TLS",
    at: "notify-url-tls",
    change: never,
    ...url,
  },
  {
    name: "A notification URL may hold a user name",
    at: "notify-url-user",
    change: dropOperand,
    ...url,
  },
  {
    name: "A notification URL may be longer than the limit",
    at: "notify-url-longest",
    change: replace("$0 * 2"),
    ...url,
  },
  {
    name: "An IP literal in a notification URL is not checked, although no DNS lookup follows that would be",
    at: "notify-url-ip-literal",
    change: replace("false"),
    ...url,
  },
  {
    name: "A listed loopback endpoint is reached at whatever address its name resolves to",
    at: "notify-url-loopback",
    change: replace("() => true"),
    ...url,
    tests: ["test/unit/deliveries/send-notification-url.test.ts"],
  },
  {
    name: "A request is sent to a URL that is not allowed",
    at: "notify-url-checked",
    change: drop,
    ...url,
  },
  {
    name: "A redirect counts as received",
    at: "notification-received",
    change: replace("400"),
    ...url,
    tests: ["test/unit/deliveries/hostile-answers.test.ts"],
  },
  {
    name: "A redirect is handled like any other response",
    at: "notification-redirect",
    change: drop,
    ...url,
    tests: ["test/unit/deliveries/hostile-answers.test.ts"],
  },
  {
    name: "One allowed address of a host is enough, whatever its other addresses are",
    at: "addresses-all-allowed",
    change: replace("$this.some($1)"),
    tests: ["test/unit/deliveries/send-notification-url.test.ts"],
  },
  {
    name: "The address that the socket connected to is not checked again",
    at: "socket-address-checked",
    change: dropOperand,
    tests: ["test/unit/deliveries/send-notification.test.ts"],
  },
  {
    name: "The connected socket is checked only after bytes were sent",
    at: "socket-checked-first",
    change: replace('$this.once("data", $2)'),
    tests: ["test/unit/outbound/request.test.ts"],
  },
  {
    name: "A connection is reused by another notification, although it was checked for the first one only",
    at: "connection-not-shared",
    change: replace("{ $2, $3 } as never"),
    tests: ["test/unit/deliveries/send-notification.test.ts"],
  },
  {
    name: "A response body of any length is read",
    at: "answer-longest",
    change: drop,
    tests: ["test/unit/outbound/request.test.ts"],
  },
  {
    name: "A request that must not be repeated is repeated",
    at: "request-repeatable",
    change: drop,
    tests: ["test/unit/outbound/request.test.ts"],
  },
  {
    name: "A request uses all the time that is left, so that its outcome cannot be recorded",
    at: "request-reserved-time",
    change: dropOperand,
    tests: ["test/unit/outbound/request.test.ts"],
  },
  {
    name: "A merchant's response is stored with the webhook signature that it echoes",
    at: "answer-signature-redacted",
    change: dropLink,
    tests: ["test/unit/deliveries/send-notification-answer.test.ts"],
  },
];
