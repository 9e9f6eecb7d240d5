import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newSecret, signedHeaders } from "../../lib/deliveries/signature.ts";
import { apiOf } from "../steps/api.ts";
import { paidOrder } from "../steps/paid-order.ts";
import { openWorld, type World } from "../steps/world.ts";
import { type Block, type Readme, readmes, root } from "./readmes.ts";

/** A notification as a merchant's program receives it. */
type Notification = { body: string; headers: Record<string, string>; secret: string };

let world: World;
let folder: string;
/**
 * A notification that the gateway really sent, then by name those that a verifier must accept and those it must refuse.
 */
let real: Notification;
let genuine: Record<string, Notification>;
let forged: Record<string, Notification>;

beforeAll(async () => {
  world = await openWorld();
  const shop = await world.openShop("stripe");
  const api = apiOf(world, shop);
  await paidOrder(world, api, "stripe");
  const { headers, body } = (await api.inbox()).at(-1)!;
  const sent = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, headers[name]!]);
  real = { body, headers: Object.fromEntries(sent), secret: shop.webhookSecret };
  genuine = { "as it came": real, "signed with two secrets": whileRolled(real) };
  forged = forgeriesOf(real);

  folder = mkdtempSync(path.join(tmpdir(), "verifiers-"));
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  mkdirSync(path.join(folder, ".local"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.stop();
});

function whileRolled({ body, headers, secret }: Notification): Notification {
  const [id, now] = [headers["webhook-id"]!, new Date(Number(headers["webhook-timestamp"]) * 1000)];
  return { body, secret, headers: signedHeaders(id, body, [newSecret(), secret], now) };
}

function forgeriesOf({ body, headers, secret }: Notification): Record<string, Notification> {
  const id = headers["webhook-id"]!;
  const signature = headers["webhook-signature"]!;
  const withHeaders = (other: Record<string, string>) => ({
    body,
    secret,
    headers: { ...headers, ...other },
  });
  const signedAt = (ms: number) => signedHeaders(id, body, [secret], new Date(ms));
  const { "webhook-signature": _, ...unsigned } = headers;
  return {
    "another amount": { body: body.replace('"amount":100', '"amount":101'), headers, secret },
    "one space more": { body: `${body} `, headers, secret },
    "another id": withHeaders({ "webhook-id": id.replace(/^./, (first) => (first === "0" ? "1" : "0")) }),
    "another time": withHeaders({ "webhook-timestamp": `${Number(headers["webhook-timestamp"]) + 1}` }),
    "another merchant's secret": withHeaders(signedHeaders(id, body, [newSecret()], new Date())),
    "another version of the signature": withHeaders({ "webhook-signature": signature.replace("v1", "v2") }),
    "half a signature": withHeaders({ "webhook-signature": signature.slice(0, 20) }),
    "an empty signature": withHeaders({ "webhook-signature": "" }),
    "no signature": { body, secret, headers: unsigned },
    "true but six minutes old": withHeaders(signedAt(Date.now() - 360_000)),
    "true but of the future": withHeaders(signedAt(Date.now() + 360_000)),
  };
}

const typescriptProgram = `
import { readFileSync } from "node:fs";
import { readNotification } from "./snippet.mts";
const verdicts = JSON.parse(readFileSync(0, "utf8")).map(({ body, headers, secret }) => {
  try {
    return readNotification(Buffer.from(body), headers, secret);
  } catch {
    return null;
  }
});
console.log(JSON.stringify(verdicts));
`;

const pythonProgram = `
import json, sys
from snippet import read_notification

def verdict(one):
    try:
        return read_notification(one["body"].encode(), one["headers"], one["secret"])
    except ValueError:
        return None

print(json.dumps([verdict(one) for one in json.load(sys.stdin)]))
`;

/** The parsed body that a snippet returns for each notification; null if it refuses. */
function verdicts({ language, code }: Block, notifications: Notification[]): unknown[] {
  if (language === "sh") return notifications.map((one) => shellVerdict(code, one));
  const input = JSON.stringify(notifications);
  if (language === "ts") {
    writeFileSync(path.join(folder, "snippet.mts"), code);
    return JSON.parse(run(process.execPath, ["--input-type=module", "-e", typescriptProgram], { input }));
  }
  writeFileSync(path.join(folder, "snippet.py"), code);
  return JSON.parse(run("python3", ["-B", "-c", pythonProgram], { input }));
}

function shellVerdict(code: string, { body, headers, secret }: Notification): unknown {
  writeFileSync(path.join(folder, ".local/body.json"), body);
  const env = {
    secret,
    id: headers["webhook-id"],
    timestamp: headers["webhook-timestamp"],
    signature: headers["webhook-signature"],
  };
  return run("sh", ["-e", "-c", code], { env }).trim() === "genuine" ? JSON.parse(body) : null;
}

function run(
  program: string,
  args: string[],
  { input = "", env = {} }: { input?: string; env?: NodeJS.ProcessEnv },
): string {
  const options = { cwd: folder, env: { ...process.env, ...env }, input, encoding: "utf8" } as const;
  const { error, status, stdout, stderr } = spawnSync(program, args, options);
  if (error)
    throw new Error(`${program} is needed to test the snippets of the README, install it: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}

const isVerifier = ({ language, code }: Block) =>
  language === "ts" || language === "python" || (language === "sh" && code.includes("openssl dgst"));

const verifiersOf = ({ file, blocks }: Readme) =>
  blocks.filter(isVerifier).map((block, at) => ({ file, language: block.language, nth: at + 1, block }));

describe("verifier snippets of the READMEs", () => {
  it.each(readmes)("$file has a verifier for the shell, two for TypeScript and one for Python", (readme) => {
    expect(verifiersOf(readme).map(({ language }) => language)).toEqual(["sh", "ts", "ts", "python"]);
  });

  describe.each(readmes.flatMap(verifiersOf))("$file, verifier $nth, $language", ({ block }) => {
    it("the verifier in the README accepts a real notification, also one signed with two secrets", () => {
      const read = verdicts(block, Object.values(genuine));
      expect(read).toEqual(Object.values(genuine).map(({ body }) => JSON.parse(body)));
    });

    it("the verifier in the README refuses every forged notification", () => {
      const names = Object.keys(forged);
      const read = verdicts(block, Object.values(forged));
      expect(names.filter((_, at) => read[at] !== null)).toEqual([]);
      expect(read).toHaveLength(names.length);
    });
  });

  it.each(readmes.flatMap(verifiersOf).filter(({ language }) => language === "ts"))(
    "the TypeScript verifier $nth of $file compiles in strict mode",
    ({ block }) => {
      writeFileSync(path.join(folder, "snippet.mts"), block.code);
      const compiler = path.join(root, "node_modules/typescript/bin/tsc");
      const options = ["--noEmit", "--strict", "--module", "nodenext", "--types", "node", "--skipLibCheck"];
      expect(run(process.execPath, [compiler, ...options, "snippet.mts"], {})).toBe("");
    },
  );
});
