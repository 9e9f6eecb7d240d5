/**
 * A URL to which nothing may be sent. `{trap}` stands for a port at which a trap listens on every loopback address;
 * `{listed}` for another such port, which is a listed endpoint at 127.0.0.1, [::1], localhost and 192.168.0.9.
 */
export type HostileUrl = {
  name: string;
  url: string;
  /** The `answer` of the failed delivery. */
  why: string;
  /** The DNS answer; absent if the name must not even be resolved. */
  addresses?: string[];
};

const invalid = "not sent: the URL must be a valid https URL";
const notHttps = "not sent: the URL must be https";
const withUser = "not sent: the URL must not hold a user name or password";
const portZero = "not sent: the URL must not name port 0";
const tooLong = "not sent: the URL must have at most 2048 characters";
const notPublic = "not sent: the URL must lead to a public address";
const nameNotPublic = "not sent: the host name has an address that is not public";
const noAddress = "the host name has no address (ENOTFOUND)";

const rows = (why: string, urls: Record<string, string>): HostileUrl[] =>
  Object.entries(urls).map(([name, url]) => ({ name, url, why }));

const noUrls = rows(invalid, {
  nothing: "",
  "a space": " ",
  "no scheme": "merchant.example/hook",
  "no host": "https://",
  "no host but a port": "https://:443/",
  "a host with a space": "https://a b.example/",
  "a host with an escaped space": "https://a%20b.example/",
  "a host with an escaped NUL": "https://merchant%00.example/",
  "a host with an escaped slash": "https://127.0.0.1%2F.example/",
  "a host with an escaped colon": "https://127.0.0.1%3A{trap}/",
  "a host with a pipe": "https://127.0.0.1|merchant.example/",
  "numbers over 255": "https://256.256.256.256/",
  "a number over 32 bits": "https://4294967296/",
  "five numbers": "https://1.2.3.4.5/",
  "a name that ends in a number": "https://merchant.127/",
  "a name that ends in a hexadecimal number": "https://merchant.0x7f/",
  "an octal digit that is none": "https://0178.0.0.1/",
  "port 65536": "https://merchant.example:65536/",
  "a port that wraps around to ours": "https://127.0.0.1:6553600000/",
  "a negative port": "https://127.0.0.1:-1/",
  "a port that is a word": "https://127.0.0.1:https/",
  "two ports": "https://127.0.0.1:{trap}:443/",
  "an IPv6 zone": "https://[fe80::1%eth0]:{trap}/",
  "an escaped IPv6 zone": "https://[::1%25lo]:{trap}/",
  "IPv6 without its end": "https://[::1/",
  "IPv6 without brackets": "https://::1/",
  "IPv6 with nine groups": "https://[0:0:0:0:0:0:0:0:1]/",
  "IPv6 with two gaps": "https://[::7f00::1]/",
  "IPv6 with IPv4 and a dot": "https://[::ffff:127.0.0.1.]/",
  "IPv6 with octal IPv4": "https://[::ffff:0177.0.0.1]/",
  "IPv4 in brackets": "https://[127.0.0.1]:{trap}/",
  "a name in brackets": "https://[localhost]:{trap}/",
  "a soft hyphen alone": "https://\u00ad/",
});

const otherSchemes = rows(notHttps, {
  "plain http": "http://merchant.example/hook",
  "plain http in capitals": "HTTP://127.0.0.1:{trap}/",
  "plain http to loopback": "http://127.0.0.1:{trap}/",
  "plain http to a public address": "http://8.8.8.8/",
  ftp: "ftp://127.0.0.1:{trap}/",
  file: "file:///etc/passwd",
  "file on a host": "file://127.0.0.1/etc/passwd",
  gopher: "gopher://127.0.0.1:{trap}/_FLUSHALL",
  dict: "dict://127.0.0.1:{trap}/info",
  ldap: "ldap://127.0.0.1:{trap}/",
  data: "data:application/json,{}",
  javascript: "javascript:alert(1)",
  WebSocket: "wss://127.0.0.1:{trap}/",
  blob: "blob:https://127.0.0.1:{trap}/1",
  "a nested scheme": "view-source:https://127.0.0.1:{trap}/",
  jar: "jar:https://127.0.0.1:{trap}!/",
  "unix socket": "unix:/var/run/docker.sock:/",
  "a scheme with a suffix": "https+unix://127.0.0.1:{trap}/",
  "ftp to a listed endpoint": "ftp://127.0.0.1:{listed}/",
  "WebSocket to a listed endpoint": "ws://localhost:{listed}/",
  "another port than the listed one": "http://localhost:{trap}/",
  "the default port instead of the listed one": "http://127.0.0.1/",
  "a listed name with a dot": "http://localhost.:{listed}/",
  "a name below a listed one": "http://app.localhost:{listed}/",
  "a name that begins like a listed one": "http://127.0.0.1.merchant.example:{listed}/",
  "a listed port on another loopback address": "http://127.0.0.2:{listed}/",
  "a listed port on the unspecified address": "http://0.0.0.0:{listed}/",
  "a listed port on mapped loopback": "http://[::ffff:127.0.0.1]:{listed}/",
  "a listed port on another name": "http://merchant.example:{listed}/",
  "a listed endpoint as a user name": "http://127.0.0.1:{listed}@merchant.example/",
});

const users = rows(withUser, {
  "a user": "https://user@127.0.0.1:{trap}/",
  "a user and a password": "https://user:secret@127.0.0.1:{trap}/",
  "a password": "https://:secret@127.0.0.1:{trap}/",
  "an escaped user": "https://%75ser@127.0.0.1:{trap}/",
  "a public host as the user": "https://merchant.example@127.0.0.1:{trap}/",
  "a public host and port as the user": "https://merchant.example:443@127.0.0.1:{trap}/",
  "a listed endpoint as the user": "https://127.0.0.1:{listed}@8.8.8.8/",
  "two at signs": "https://merchant.example@merchant.example@127.0.0.1:{trap}/",
  "a user of a listed endpoint": "http://user@127.0.0.1:{listed}/",
});

const zeroPorts = rows(portZero, {
  "port 0": "https://merchant.example:0/",
  "port 0 of loopback": "https://127.0.0.1:0/",
  "port 00": "https://8.8.8.8:00/",
});

const loopbackIpv4 = rows(notPublic, {
  loopback: "https://127.0.0.1:{trap}/",
  "loopback in capitals": "HTTPS://127.0.0.1:{trap}/",
  "another loopback": "https://127.0.0.2:{trap}/",
  "the last loopback": "https://127.255.255.254:{trap}/",
  "loopback on a listed port": "https://127.0.0.2:{listed}/",
  "two numbers": "https://127.1:{trap}/",
  "three numbers": "https://127.0.1:{trap}/",
  decimal: "https://2130706433:{trap}/",
  hexadecimal: "https://0x7f000001:{trap}/",
  "hexadecimal in capitals": "https://0X7F000001:{trap}/",
  "hexadecimal numbers": "https://0x7f.0x0.0x0.0x1:{trap}/",
  octal: "https://017700000001:{trap}/",
  "octal numbers": "https://0177.0.0.01:{trap}/",
  "octal with many zeros": "https://0000000000177.0.0.1:{trap}/",
  "mixed spellings": "https://0x7f.0.00.0x1:{trap}/",
  "an empty hexadecimal number": "https://127.0x.0x.1:{trap}/",
  "a dot at the end": "https://127.0.0.1.:{trap}/",
  unspecified: "https://0.0.0.0:{trap}/",
  zero: "https://0:{trap}/",
  "hexadecimal zero": "https://0x0:{trap}/",
  "circled digits": "https://①②⑦.⓪.⓪.①:{trap}/",
  "full-width digits": "https://１２７.０.０.１:{trap}/",
  "mathematical digits": "https://𝟏𝟐𝟕.𝟎.𝟎.𝟏:{trap}/",
  "superscript digits": "https://¹²⁷.0.0.1:{trap}/",
  "ideographic dots": "https://127。0。0。1:{trap}/",
  "full-width dots": "https://127．0．0．1:{trap}/",
  "half-width dots": "https://127｡0｡0｡1:{trap}/",
  "escaped digits": "https://%31%32%37.0.0.1:{trap}/",
  "escaped dots": "https://127%2E0%2E0%2E1:{trap}/",
  "escaped ideographic dots": "https://127%E3%80%820%E3%80%820%E3%80%821:{trap}/",
  "a soft hyphen": "https://127.0.0.\u00ad1:{trap}/",
  "a zero-width space": "https://127.0.\u200b0.1:{trap}/",
  "no slashes": "https:127.0.0.1:{trap}/",
  "one slash": "https:/127.0.0.1:{trap}/",
  "three slashes": "https:///127.0.0.1:{trap}/",
  backslashes: "https:\\\\127.0.0.1:{trap}\\hook",
  "a backslash before an at sign": "https://127.0.0.1:{trap}\\@merchant.example/",
  "a number sign before an at sign": "https://127.0.0.1:{trap}#@merchant.example/",
  "a question mark before an at sign": "https://127.0.0.1:{trap}?@merchant.example/",
  "a tab": "https://127.0.0.1\t:{trap}/",
  "line feeds": "ht\ntps://12\n7.0.0.1:{trap}/",
  "carriage returns": "https:\r//127.0.0.1:{trap}/\r\nhost: merchant.example",
  "spaces around": " \u0000https://127.0.0.1:{trap}/ ",
});

const otherLiterals = rows(notPublic, {
  "private 10": "https://10.0.0.1/",
  "private 10, two numbers": "https://10.1/",
  "private 172": "https://172.16.0.1/",
  "private 192": "https://192.168.1.1:8443/",
  "carrier-grade NAT": "https://100.64.0.1/",
  "cloud metadata": "https://169.254.169.254/latest/meta-data/",
  "cloud metadata, hexadecimal": "https://0xA9FEA9FE/latest/meta-data/",
  "cloud metadata, decimal": "https://2852039166/computeMetadata/v1/",
  "cloud metadata, octal": "https://0251.0376.0251.0376/",
  "cloud metadata, IPv6": "https://[fd00:ec2::254]/latest/meta-data/",
  "container credentials": "https://169.254.170.2/v2/credentials/",
  "the time service": "https://169.254.169.123/",
  "Alibaba's metadata": "https://100.100.100.200/latest/meta-data/",
  "Oracle's metadata": "https://192.0.0.192/opc/v2/",
  benchmarking: "https://198.18.0.1/",
  documentation: "https://203.0.113.7/",
  multicast: "https://224.0.0.1/",
  broadcast: "https://255.255.255.255/",
  "IPv6 unspecified": "https://[::]:{trap}/",
  "IPv6 loopback": "https://[::1]:{trap}/",
  "IPv6 loopback, written out": "https://[0:0:0:0:0:0:0:1]:{trap}/",
  "IPv6 loopback, padded": "https://[0000:0000::0001]:{trap}/",
  "IPv4-compatible loopback": "https://[::127.0.0.1]:{trap}/",
  "IPv4-mapped loopback": "https://[::ffff:127.0.0.1]:{trap}/",
  "IPv4-mapped loopback, hexadecimal": "https://[::FFFF:7F00:1]:{trap}/",
  "IPv4-mapped loopback, written out": "https://[0:0:0:0:0:ffff:127.0.0.1]:{trap}/",
  "IPv4-mapped unspecified": "https://[::ffff:0:0]:{trap}/",
  "IPv4-mapped metadata": "https://[::ffff:169.254.169.254]/",
  "IPv4-mapped public": "https://[::ffff:8.8.8.8]/",
  "IPv4-translated loopback": "https://[::ffff:0:127.0.0.1]:{trap}/",
  "NAT64 of loopback": "https://[64:ff9b::127.0.0.1]:{trap}/",
  "NAT64 of metadata": "https://[64:ff9b::169.254.169.254]/",
  "local-use NAT64": "https://[64:ff9b:1::10.0.0.1]/",
  "6to4 of loopback": "https://[2002:7f00:1::]:{trap}/",
  "6to4 of a private address": "https://[2002:c0a8:101::1]/",
  Teredo: "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
  "IPv6 documentation": "https://[2001:db8::1]/",
  "IPv6 unique local": "https://[fd12:3456:789a::1]/",
  "IPv6 link-local": "https://[fe80::1]:{trap}/",
  "IPv6 site-local": "https://[fec0::1]/",
  "IPv6 multicast": "https://[ff02::1]:{trap}/",
  "a listed address that is not loopback": "http://192.168.0.9:{listed}/",
});

const named = (url: string, ...addresses: string[]): Omit<HostileUrl, "name"> => {
  return { url, addresses, why: nameNotPublic };
};
const answered = (...addresses: string[]) => named("https://merchant.example:{trap}/", ...addresses);

const manyPublic = Array.from({ length: 1000 }, (_, n) => `8.8.${n >> 8}.${n & 255}`);

const names: Record<string, Omit<HostileUrl, "name">> = {
  "the name localhost": named("https://localhost:{trap}/", "127.0.0.1"),
  "the name localhost in capitals": named("https://LOCALHOST:{trap}/", "127.0.0.1"),
  "localhost with a dot": named("https://localhost.:{trap}/", "::1"),
  "localhost with a full-width letter": named("https://ｌocalhost:{trap}/", "127.0.0.1"),
  "localhost with a circled letter": named("https://ⓛocalhost:{trap}/", "127.0.0.1"),
  "localhost, escaped": named("https://%6Cocalhost:{trap}/", "127.0.0.1"),
  "a name below localhost": named("https://app.localhost:{trap}/", "127.0.0.1"),
  "localhost.localdomain": named("https://localhost.localdomain:{trap}/", "127.0.0.1"),
  "ip6-localhost": named("https://ip6-localhost:{trap}/", "::1"),
  "a wildcard name of loopback": named("https://127.0.0.1.nip.io:{trap}/", "127.0.0.1"),
  "a wildcard name of loopback, hexadecimal": named("https://7f000001.nip.io:{trap}/", "127.0.0.1"),
  "a wildcard name of metadata": named("https://169-254-169-254.sslip.io/", "169.254.169.254"),
  "a public name of loopback": named("https://localtest.me:{trap}/", "127.0.0.1", "::1"),
  "a name of cloud metadata": named("https://metadata.google.internal/", "169.254.169.254"),
  "a name of a cluster": named("https://kubernetes.default.svc/", "10.96.0.1"),
  "a name of the host": named("https://host.docker.internal:{trap}/", "192.168.65.2"),
  "a name of one label": named("https://redis:6379/", "172.17.0.2"),
  "a name like an address": named("https://127.0.0.1.merchant.example:{trap}/", "127.0.0.1"),
  "a foreign name": named("https://商家.example:{trap}/", "127.0.0.1"),
  "a punycode name": named("https://xn--3lqw10i.example:{trap}/", "127.0.0.1"),
  "broken punycode": named("https://xn--a:{trap}/", "127.0.0.1"),
  "an emoji name": named("https://🍣.example:{trap}/", "127.0.0.1"),
  "a dotted name": named("https://merchant.example.:{trap}/", "127.0.0.1"),
  "an underscored name": named("https://_merchant.example:{trap}/", "127.0.0.1"),
  "a long name": named(`https://${"a".repeat(63)}.${"b".repeat(300)}.example:{trap}/`, "127.0.0.1"),
  "a listed name, elsewhere": named("http://localhost:{listed}/", "169.254.169.254"),
  "a listed name, in public": named("http://localhost:{listed}/", "8.8.8.8"),
  "a listed name, here and in public": named("http://localhost:{listed}/", "127.0.0.1", "8.8.8.8"),
};

const answers: Record<string, Omit<HostileUrl, "name">> = {
  "another loopback": answered("127.0.0.2"),
  unspecified: answered("0.0.0.0"),
  broadcast: answered("255.255.255.255"),
  "IPv6 loopback": answered("::1"),
  "IPv6 loopback, written out": answered("0:0:0:0:0:0:0:1"),
  "IPv6 unspecified": answered("::"),
  "IPv4-mapped loopback": answered("::ffff:127.0.0.1"),
  "IPv4-mapped loopback, hexadecimal": answered("::FFFF:7F00:1"),
  "IPv4-compatible loopback": answered("::127.0.0.1"),
  "NAT64 of loopback": answered("64:ff9b::7f00:1"),
  "6to4 of loopback": answered("2002:7f00:1::1"),
  "IPv6 link-local with a zone": answered("fe80::1%lo"),
  "a public address with a zone": answered("2606:4700:4700::1111%lo"),
  "public, then loopback": answered("8.8.8.8", "127.0.0.1"),
  "loopback, then public": answered("127.0.0.1", "8.8.8.8"),
  "public, then private IPv6": answered("8.8.8.8", "fd00::1"),
  "public IPv6, then loopback": answered("2606:4700:4700::1111", "127.0.0.1"),
  "a thousand public ones, then loopback": answered(...manyPublic, "127.0.0.1"),
  "no address: a name": answered("localhost"),
  "no address: nothing": answered(""),
  "no address: a port": answered("8.8.8.8:443"),
  "no address: two numbers": answered("127.1"),
  "no address: decimal": answered("2130706433"),
  "no address: octal": answered("0177.0.0.1"),
  "no address: a NUL": answered("8.8.8.8\0"),
  "no address: brackets": answered("[2606:4700:4700::1111]"),
  "no address at all": { ...answered(), why: noAddress },
};

export const hostileUrls: HostileUrl[] = [
  ...noUrls,
  ...otherSchemes,
  ...users,
  ...zeroPorts,
  { name: "more than 2048 characters", url: "https://127.0.0.1:{trap}/".padEnd(2051, "a"), why: tooLong },
  { name: "a million characters", url: `https://${"a".repeat(1_000_000)}/`, why: tooLong },
  ...loopbackIpv4,
  ...otherLiterals,
  ...Object.entries(names).map(([name, row]) => ({ name, ...row })),
  ...Object.entries(answers).map(([name, row]) => ({ name: `a name that resolves to ${name}`, ...row })),
];
