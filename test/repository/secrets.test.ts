import { globSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.join(import.meta.dirname, "../..");
const self = path.relative(root, import.meta.filename);
/** Generated files, which git ignores. The lock file holds only hashes: see dependencies.test.ts. */
const elsewhere = /^(node_modules|dist|cdk\.out|\.local|\.git|package-lock\.json)$|\.log$/;

/** Formats of keys and tokens, of the gateway and of others. */
const patterns: Record<string, RegExp> = {
  "private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s+/=]|\\n|\w){40,}/g,
  "Stripe key": /\b[rs]k_(?:live|test)_\w{8,}/g,
  "AWS key": /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  "signing secret": /\bwhsec_[\w+/]{16,}=*/g,
  "gateway API key": /\bak_m\d+k[0-9a-z]{8}_[0-9a-z]{20,}/g,
  "code host or registry token": /\b(?:gh[pousr]_\w{30,}|npm_\w{30,}|xox[abp]-[\w-]{10,}|AIza[\w-]{30,})/g,
  "JSON web token": /\beyJ[\w-]{15,}\.[\w-]{10,}/g,
  // Leaves out URL paths, which follow a slash or a host name, and paths of files in a source tree.
  "40 characters of base64":
    /(?<![\w+/.-])(?![\w+/]*\/src\/)(?=[A-Za-z+/]*\d)(?=[\d+/a-z]*[A-Z])(?=[\d+/A-Z]*[a-z])[A-Za-z0-9+][A-Za-z0-9+/]{39,}=*/g,
};

/** Fake secrets, and what they are for. */
const fakes: Record<string, string> = {
  sk_live_51HxAbCdEfGhIjKl: "to be masked, and to be found in rows",
  sk_test_51HxAbCdEfGhIjKl: "to be found in rows",
  sk_live_4242424242424242: "to be masked, and no card number",
  sk_live_51canary: "to be kept out of an operator's output",
  sk_test_51canary: "to be kept out of an operator's output",
  sk_test_51nobody: "a key that Stripe's simulator does not know",
  sk_live_canaryKey123: "to be kept out of a refusal's words",
  sk_test_canaryKey123: "a key for a server that the test is",
  whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw: "of the Standard Webhooks specification",
  whsec_another_one_0123456789: "of a second endpoint in a test",
  ak_m1000000k0123abcd_0123456789abcdefghjkmnpqrstvwxyz0123456: "no checksum fits it",
  ak_m7k00000000_0123456789abcdefghjkmnpqrstvwxyz0000000: "no checksum fits it",
  ak_m1k0123abcd_0123456789abcdefghjkmnpqrstvwxyz0123456: "no checksum fits it",
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0": "to be masked",
  "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=": "a signature in the API reference's example",
  "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5": "the buyer in a sample notice of Alipay's documentation",
  albDualstackWithoutPublicIpv4SecurityGroupRulesDefault: "a flag of the CDK",
};

const found = globSync("**/*", { cwd: root, exclude: (name) => elsewhere.test(path.basename(name)) })
  .concat(globSync([".ci/*", ".npmrc", ".nvmrc", ".gitignore"], { cwd: root }))
  .filter((file) => file !== self && !elsewhere.test(file) && statSync(path.join(root, file)).isFile())
  .flatMap((file) => {
    const text = readFileSync(path.join(root, file), "utf8");
    return Object.entries(patterns).flatMap(([kind, pattern]) =>
      [...text.matchAll(pattern)].map(([secret]) => ({ file, kind, secret })),
    );
  });

describe("the repository", () => {
  it("the repository holds no key, secret or token except the listed fakes", () => {
    expect(found.filter(({ secret }) => !Object.hasOwn(fakes, secret))).toEqual([]);
  });

  it("the repository uses every listed fake", () => {
    const used = new Set(found.map(({ secret }) => secret));
    expect(Object.keys(fakes).filter((secret) => !used.has(secret))).toEqual([]);
  });
});

it.each([
  ["private key", `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(2)}`],
  ["private key", `"-----BEGIN RSA PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"`],
  ["Stripe key", `rk_live_${"a1B2".repeat(6)}`],
  ["AWS key", `AKIA${"IOSFODNN7EXAMPLE"}`],
  ["signing secret", `whsec_${"c2VjcmV0".repeat(4)}=`],
  ["gateway API key", `ak_m7k01234567_${"0123456789abcdef".repeat(2)}`],
  ["code host or registry token", `ghp_${"a1B2c3D4e5".repeat(3)}`],
  ["JSON web token", `eyJhbGciOiJIUzI1NiJ9.${"eyJzdWIi"}OiIxIn0`],
  ["40 characters of base64", `"${"bWVyY2hhbnQ1".repeat(4)}=="`],
])("the search for secrets finds a new %s", (kind, text) => {
  expect(text.match(patterns[kind]!)).toHaveLength(1);
});
