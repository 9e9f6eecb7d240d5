import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulatorOf } from "../steps/simulator.ts";
import { openWorld, type World } from "../steps/world.ts";
import { asShown } from "./as-shown.ts";
import { type Readme, readmes } from "./readmes.ts";
import { openShell, type Shell } from "./shell.ts";

let world: World;
let folder: string;
const shells: Shell[] = [];

beforeAll(async () => {
  world = await openWorld();
  folder = mkdtempSync(path.join(tmpdir(), "readme-"));
});

afterAll(async () => {
  for (const shell of shells) shell.stop();
  rmSync(folder, { recursive: true, force: true });
  await world.stop();
});

/** A shell for a new reader: `.local/stack.json` describes the running world, with a merchant of the reader's own. */
async function newcomer(): Promise<Shell> {
  const { username, apiKey, webhookSecret, inboxUrl } = await world.openShop();
  const merchant = { username, api_key: apiKey, webhook_secret: webhookSecret, notify_inbox_url: inboxUrl };
  const stack = { gateway_url: world.front.url, merchants: [merchant], simulators: world.sandbox.simulators };
  const cwd = path.join(folder, username);
  mkdirSync(path.join(cwd, ".local"), { recursive: true });
  writeFileSync(path.join(cwd, ".local/stack.json"), JSON.stringify(stack));
  const shell = openShell(cwd);
  shells.push(shell);
  return shell;
}

type Example = { code: string; shown: { language: string; code: string } | undefined };

/** The shell blocks that call the gateway, each with the answer that the README shows below it. */
function examplesOf({ blocks }: Readme): Example[] {
  return blocks.flatMap(({ language, code }, at) => {
    if (language !== "sh" || /\b(npm|npx) /.test(code)) return [];
    const next = blocks[at + 1];
    return [{ code, shown: next && /^(json|text)$/.test(next.language) ? next : undefined }];
  });
}

describe.each(readmes)("examples of $file", (readme) => {
  const examples = examplesOf(readme);

  it("the README shows an answer only below the call that it belongs to", () => {
    const shown = readme.blocks.filter(({ language }) => /^(json|text)$/.test(language));
    expect(shown).toEqual(examples.flatMap((example) => example.shown ?? []));
  });

  it("the examples of the README run as printed, in order, and answer what the README shows", {
    timeout: 60_000,
  }, async () => {
    const shell = await newcomer();
    for (const { code, shown } of examples) {
      await world.queues.drain();
      const printed = await shell.run(code);
      if (shown?.language === "text") expect(printed.trim(), code).toBe(shown.code.trim());
      else if (shown) expect(JSON.parse(printed), code).toEqual(asShown(JSON.parse(shown.code)));
      else if (code.includes("/api/")) expect(JSON.parse(printed), code).toMatchObject({ code: 0 });
      if (code.includes("/_sim/pay"))
        await simulatorOf(world, "stripe").accepted(JSON.parse(printed).order_no);
    }
  });
});
