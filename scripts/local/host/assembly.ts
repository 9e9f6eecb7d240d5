import { readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

const manifestSchema = z.object({
  artifacts: z.record(z.string(), z.looseObject({ type: z.string(), properties: z.unknown().optional() })),
});
const stackSchema = z.looseObject({ templateFile: z.string(), stackName: z.string().optional() });
const assetFileSchema = z.looseObject({ file: z.string() });
const assetsSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.looseObject({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
      }),
    )
    .default({}),
});
const templateSchema = z.object({
  Parameters: z.record(z.string(), z.looseObject({ Default: z.unknown().optional() })).default({}),
  Resources: z
    .record(
      z.string(),
      z.looseObject({
        Type: z.string(),
        Properties: z.record(z.string(), z.unknown()).default({}),
        Metadata: z.looseObject({ entry: z.string().optional() }).default({}),
      }),
    )
    .default({}),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }),
    )
    .default({}),
});

/** One synthesized CloudFormation stack. */
export type Stack = { name: string; template: z.infer<typeof templateSchema> };

/** One resource of one stack; its properties still hold intrinsic functions. */
export type Resource = {
  stack: Stack;
  logicalId: string;
  type: string;
  properties: Record<string, unknown>;
  /** Of a gateway function: its file under functions/, for example `webhooks/alipay`. */
  entry: string | undefined;
};

/** What `cdk synth` wrote: stacks, their resources in order, and where each asset's folder is. */
export type Assembly = {
  stacks: readonly Stack[];
  resources: readonly Resource[];
  ofType(type: string): Resource[];
  /** Folder of the file asset that is deployed under this S3 key. */
  assetFolder(objectKey: string): string;
};

/** Reads a cloud assembly folder (`cdk.out`). */
export function readAssembly(folder: string): Assembly {
  const root = path.resolve(folder);
  const read = <T>(schema: z.ZodType<T>, file: string): T =>
    schema.parse(JSON.parse(readFileSync(path.join(root, file), "utf8")));

  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  for (const [id, artifact] of Object.entries(read(manifestSchema, "manifest.json").artifacts)) {
    if (artifact.type === "aws:cloudformation:stack") {
      const { templateFile, stackName } = stackSchema.parse(artifact.properties);
      stacks.push({ name: stackName ?? id, template: read(templateSchema, templateFile) });
    } else if (artifact.type === "cdk:asset-manifest") {
      const { files } = read(assetsSchema, assetFileSchema.parse(artifact.properties).file);
      for (const { source, destinations } of Object.values(files)) {
        for (const { objectKey } of Object.values(destinations)) {
          if (source.path !== undefined) assets.set(objectKey, path.join(root, source.path));
        }
      }
    } else if (artifact.type === "cdk:cloud-assembly") {
      throw new Error(`${id} is a nested cloud assembly, which the local host does not read`);
    }
  }

  const resources = stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources).map(([logicalId, resource]): Resource => {
      if (resource.Condition !== undefined) {
        throw new Error(`${stack.name}/${logicalId} has a Condition, which the local host does not evaluate`);
      }
      const { Type: type, Properties: properties, Metadata } = resource;
      return { stack, logicalId, type, properties, entry: Metadata.entry };
    }),
  );
  return {
    stacks,
    resources,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    assetFolder(objectKey) {
      const found = assets.get(objectKey);
      if (found === undefined) throw new Error(`No asset in ${root} is deployed as ${objectKey}`);
      return found;
    },
  };
}
