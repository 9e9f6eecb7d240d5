import type { Mutant } from "../mutant.ts";

const address = {
  file: "lib/notify/public-address.ts",
  tests: ["test/notify/public-address.test.ts"],
};
const url = {
  file: "lib/notify/send-notification.ts",
  tests: ["test/notify/send-notification-url.test.ts"],
};

const reachable = (range: string): Mutant => ({
  name: `A notification goes to ${range}`,
  ...address,
  from: `"${range}",`,
  to: "",
});

/** Sending to addresses that merchants choose. */
export const sendingGuards: Mutant[] = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"].map(
    reachable,
  ),
  ...["198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16"].map(
    reachable,
  ),
  {
    name: "A notification goes to loopback",
    ...address,
    from: `"127.0.0.0/8",`,
    to: "",
  },
  {
    name: "A notification goes to mapped, unique local, link-local and every other IPv6 address",
    ...address,
    from: `globalIpv6.check(address, "ipv6") && `,
    to: "",
  },
  {
    name: "A notification goes to unique local and link-local IPv6 addresses",
    ...address,
    from: `blocks("ipv6", ["2000::/3"])`,
    to: `blocks("ipv6", ["2000::/3", "fc00::/7", "fe80::/10"])`,
  },
  {
    name: "A notification goes to IPv4 addresses mapped into IPv6",
    ...address,
    from: `blocks("ipv6", ["2000::/3"])`,
    to: `blocks("ipv6", ["2000::/3", "::ffff:0:0/96"])`,
  },
  {
    name: "Addresses are checked without their family, which lists nothing",
    ...address,
    from: `!specialIpv4.check(address, "ipv4")`,
    to: `!specialIpv4.check(address, "ipv6")`,
  },
  {
    name: "A notification goes to an address with a zone",
    ...address,
    from: ` && !address.includes("%")`,
    to: "",
  },
  {
    name: "A notification goes out without TLS",
    ...url,
    from: `if (url.protocol !== "https:" && !isPlainAllowed)`,
    to: `if (url.protocol !== "https:" && url.protocol !== "http:")`,
  },
  {
    name: "A notification's URL holds a user name",
    ...url,
    from: `if (url.username !== "" || url.password !== "")`,
    to: `if (url.password !== "")`,
  },
  {
    name: "A notification's URL is of any length",
    ...url,
    from: "if (text.length > longestUrl)",
    to: "if (text.length > longestUrl * 2)",
  },
  {
    name: "An IP literal is not checked, and no look-up follows that would be",
    ...url,
    from: "if (isIP(host) !== 0 && !addressRule(url, loopbackEndpoints)(host))",
    to: "if (isIP(host) !== 0 && host === text)",
  },
  {
    name: "A listed loopback endpoint is reached wherever its name leads",
    ...url,
    from: "? isLoopback : isPublicUnicast",
    to: "? () => true : isPublicUnicast",
    tests: ["test/notify/send-notification-url.test.ts"],
  },
  {
    name: "A URL is sent to that could never be sent to",
    ...url,
    from: `if (why !== null) return failed(\`not sent: the URL \${why}\`);`,
    to: "",
  },
  {
    name: "A redirect counts as received",
    ...url,
    from: `if (status >= 200 && status < 300) return "received";`,
    to: `if (status >= 200 && status < 400) return "received";`,
    tests: ["test/notify/hostile-answers.test.ts"],
  },
  {
    name: "The answer of a redirect is one like any other",
    ...url,
    from: `if (status >= 300 && status < 400) return failed("a redirect, which is not followed", status);`,
    to: "",
    tests: ["test/notify/hostile-answers.test.ts"],
  },
  {
    name: "One allowed address is enough, whatever the others are",
    file: "lib/notify/checked-connection.ts",
    from: "if (!resolved.every(isAllowed))",
    to: "if (!resolved.some(isAllowed))",
    tests: ["test/notify/send-notification-url.test.ts"],
  },
  {
    name: "What the socket has reached is not checked again",
    file: "lib/notify/checked-connection.ts",
    from: "if (remoteAddress === undefined || !isAllowed(remoteAddress)) throw",
    to: "if (remoteAddress === undefined) throw",
    tests: ["test/notify/send-notification.test.ts"],
  },
  {
    name: "The connected socket is checked after bytes were written",
    file: "lib/outbound/request.ts",
    from: `socket.prependOnceListener("connect", check);`,
    to: `socket.once("data", check);`,
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A merchant's connection is shared, checked for whoever used it first",
    file: "lib/notify/checked-connection.ts",
    from: "return { agent: false, lookup, checkSocket };",
    to: "return { lookup, checkSocket } as never;",
    tests: ["test/notify/send-notification.test.ts"],
  },
  {
    name: "An answer is read to its end, however long",
    file: "lib/outbound/request.ts",
    from: "if (size > limit) return undefined;",
    to: "",
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A request that may not be repeated is repeated",
    file: "lib/outbound/request.ts",
    from: "if (!repeatable) throw first.stale;",
    to: "",
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A request leaves no time to write down what came of it",
    file: "lib/outbound/request.ts",
    from: "currentInvocation().remainingMs() - reservedMs",
    to: "currentInvocation().remainingMs()",
    tests: ["test/outbound/request.test.ts"],
  },
  {
    name: "A notification's answer is kept with the signature that it echoes",
    file: "lib/notify/printable-answer.ts",
    from: `.replace(ours, "[redacted]")`,
    to: "",
    tests: ["test/notify/send-notification-answer.test.ts"],
  },
];
