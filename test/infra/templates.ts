import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { defineGateway } from "../../infra/gateway.ts";
import type { Stage } from "../../infra/stages.ts";
import { functions } from "../../lib/functions.ts";

export type Resource = {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape of a template is what the tests assert.
  Properties: Record<string, any>;
  Metadata?: Record<string, unknown>;
};

export type Synthesized = Record<"network" | "data" | "app", Template>;

const repository = join(import.meta.dirname, "..", "..");

/** The templates of a stage, with one-line stand-ins for the built functions. */
export function synthesize(stage: Stage | (string & {}), context: Record<string, string> = {}): Synthesized {
  const folder = mkdtempSync(join(tmpdir(), "infra-test-"));
  const dist = join(folder, "dist");
  try {
    for (const { entry } of functions) {
      mkdirSync(join(dist, entry), { recursive: true });
      writeFileSync(join(dist, entry, "index.js"), `exports.handler = async () => ${JSON.stringify(entry)};`);
    }
    const flags = JSON.parse(readFileSync(join(repository, "cdk.json"), "utf8")).context;
    // Validation takes a second each time; `scripts/synth.ts` runs it over the same templates.
    const app = new App({
      builtinCloudFormationValidation: false,
      analyticsReporting: false,
      outdir: join(folder, "cdk.out"),
      context: { ...flags, stage, dist, ...context },
    });
    const gateway = defineGateway(app);
    return {
      network: Template.fromStack(gateway.network),
      data: Template.fromStack(gateway.data),
      app: Template.fromStack(gateway.app),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function synthesizeProd(): Synthesized {
  return synthesize("prod", { publicUrl: "https://pay.example.com" });
}

export function resourcesOf(template: Template, type: string): Record<string, Resource> {
  return template.findResources(type) as Record<string, Resource>;
}

/** The gateway's functions by entry: logical id and properties. Functions that the CDK adds have no entry. */
export function functionsOf(app: Template): Map<string, { id: string; properties: Resource["Properties"] }> {
  const found = new Map<string, { id: string; properties: Resource["Properties"] }>();
  for (const [id, { Properties, Metadata }] of Object.entries(resourcesOf(app, "AWS::Lambda::Function"))) {
    const entry = Metadata?.entry;
    if (typeof entry === "string") found.set(entry, { id, properties: Properties });
  }
  return found;
}
