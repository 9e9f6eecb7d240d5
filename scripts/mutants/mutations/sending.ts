import { drop, dropLink, dropOperand, never, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const address = { tests: ["test/notify/public-address.test.ts"] };
const url = { tests: ["test/notify/send-notification-url.test.ts"] };

const reachable = (range: string, at: string): Mutation => ({
  name: `A notification goes to ${range}`,
  at: `address-${at}`,
  change: drop,
  ...address,
});

/** Sending to addresses that merchants choose. */
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
    name: "A notification goes to loopback",
    at: "address-loopback",
    change: drop,
    ...address,
  },
  {
    name: "A notification goes to mapped, unique local, link-local and every other IPv6 address",
    at: "address-global-ipv6",
    change: dropOperand,
    ...address,
  },
  {
    name: "A notification goes to unique local and link-local IPv6 addresses",
    at: "address-ipv6-ranges",
    change: replace('["2000::/3", "fc00::/7", "fe80::/10"]'),
    ...address,
  },
  {
    name: "A notification goes to IPv4 addresses mapped into IPv6",
    at: "address-ipv6-ranges",
    change: replace('["2000::/3", "::ffff:0:0/96"]'),
    ...address,
  },
  {
    name: "Addresses are checked without their family, which lists nothing",
    at: "address-family",
    change: replace('"ipv6"'),
    ...address,
  },
  {
    name: "A notification goes to an address with a zone",
    at: "address-zone",
    change: dropOperand,
    ...address,
  },
  {
    name: "A notification goes out without TLS",
    at: "notify-url-tls",
    change: never,
    ...url,
  },
  {
    name: "A notification's URL holds a user name",
    at: "notify-url-user",
    change: dropOperand,
    ...url,
  },
  {
    name: "A notification's URL is of any length",
    at: "notify-url-longest",
    change: replace("$0 * 2"),
    ...url,
  },
  {
    name: "An IP literal is not checked, and no look-up follows that would be",
    at: "notify-url-ip-literal",
    change: replace("false"),
    ...url,
  },
  {
    name: "A listed loopback endpoint is reached wherever its name leads",
    at: "notify-url-loopback",
    change: replace("() => true"),
    ...url,
    tests: ["test/notify/send-notification-url.test.ts"],
  },
  {
    name: "A URL is sent to that could never be sent to",
    at: "notify-url-checked",
    change: drop,
    ...url,
  },
  {
    name: "A redirect counts as received",
    at: "notification-received",
    change: replace("400"),
    ...url,
    tests: ["test/notify/hostile-answers.test.ts"],
  },
  {
    name: "The answer of a redirect is one like any other",
    at: "notification-redirect",
    change: drop,
    ...url,
    tests: ["test/notify/hostile-answers.test.ts"],
  },
  {
    name: "One allowed address is enough, whatever the others are",
    at: "addresses-all-allowed",
    change: replace("$this.some($1)"),
    tests: ["test/notify/send-notification-url.test.ts"],
  },
  {
    name: "What the socket has reached is not checked again",
    at: "socket-address-checked",
    change: dropOperand,
    tests: ["test/notify/send-notification.test.ts"],
  },
  {
    name: "The connected socket is checked after bytes were written",
    at: "socket-checked-first",
    change: replace('$this.once("data", $2)'),
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A merchant's connection is shared, checked for whoever used it first",
    at: "connection-not-shared",
    change: replace("{ $2, $3 } as never"),
    tests: ["test/notify/send-notification.test.ts"],
  },
  {
    name: "An answer is read to its end, however long",
    at: "answer-longest",
    change: drop,
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A request that may not be repeated is repeated",
    at: "request-repeatable",
    change: drop,
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A request leaves no time to write down what came of it",
    at: "request-reserved-time",
    change: dropOperand,
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A notification's answer is kept with the signature that it echoes",
    at: "answer-signature-redacted",
    change: dropLink,
    tests: ["test/notify/send-notification-answer.test.ts"],
  },
];
