import type { Assembly, Resource, Stack } from "./assembly.ts";

/** Replaces the CloudFormation intrinsic functions in a value of one stack's template. */
export type Resolve = (value: unknown, stack: Stack) => unknown;

/** A resource's value for `Ref` (no attribute) and `Fn::GetAtt` on this machine. Throws when it has no local value. */
export type LocalValue = (resource: Resource, attribute: string | undefined, resolve: Resolve) => string;

/** The AWS region of the local stage. */
export const region = "ap-southeast-1";
/** The AWS account of the local stage. */
export const accountId = "000000000000";

const pseudoParameters: Readonly<Record<string, string>> = {
  "AWS::AccountId": accountId,
  "AWS::Partition": "aws",
  "AWS::Region": region,
  "AWS::URLSuffix": "amazonaws.com",
};

/** What a name in a template may refer to. */
type Scope = {
  assembly: Assembly;
  parameters: Readonly<Record<string, string>>;
  localValue: LocalValue;
  resolve: Resolve;
};

/** Supports a fixed set of intrinsic functions and throws on any other, so that the start fails, not a request. */
export function createResolver(
  assembly: Assembly,
  parameters: Readonly<Record<string, string>>,
  localValue: LocalValue,
): Resolve {
  refuseUndeclared(assembly, parameters);
  const scope: Scope = { assembly, parameters, localValue, resolve };

  function substituted(argument: unknown, stack: Stack): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_all, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return String(resolve(variables[name], stack));
      const [logicalId, ...attribute] = name.split(".");
      if (attribute.length === 0) return String(reference(scope, stack, name));
      return String(localValueOf(scope, stack, String(logicalId), attribute.join(".")));
    });
  }

  function called(name: string, argument: unknown, stack: Stack): unknown {
    if (name === "Ref") return reference(scope, stack, String(argument));
    if (name === "Fn::GetAtt") {
      const [logicalId, ...attribute] = Array.isArray(argument) ? argument : String(argument).split(".");
      return localValueOf(scope, stack, String(logicalId), attribute.join("."));
    }
    if (name === "Fn::Sub") return substituted(argument, stack);
    const resolved = resolve(argument, stack);
    if (name === "Fn::ImportValue") return imported(scope, resolved);
    const [first, second] = Array.isArray(resolved) ? resolved : [];
    if (name === "Fn::Join") return second.join(first);
    if (name === "Fn::Split") return String(second).split(first);
    if (name === "Fn::Select") return second[Number(first)];
    throw new Error(`${stack.name} uses ${name}, which the local host does not support`);
  }

  function resolve(value: unknown, stack: Stack): unknown {
    if (typeof value === "string" && value.includes("{{resolve:")) {
      throw new Error(
        `${stack.name} uses the dynamic reference ${value}, which the local host does not support`,
      );
    }
    if (Array.isArray(value)) return value.map((one) => resolve(one, stack));
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && (name === "Ref" || name === "Condition" || name?.startsWith("Fn::"))) {
      return called(String(name), argument, stack);
    }
    return Object.fromEntries(entries.map(([key, one]) => [key, resolve(one, stack)]));
  }

  return resolve;
}

function reference(scope: Scope, stack: Stack, name: string): unknown {
  const parameter = stack.template.Parameters[name];
  if (parameter !== undefined) {
    const value = scope.parameters[name] ?? parameter.Default;
    if (value === undefined) throw new Error(`${stack.name} needs a value for its parameter ${name}`);
    return value;
  }
  if (name.startsWith("AWS::")) {
    const pseudo = pseudoParameters[name] ?? (name === "AWS::StackName" ? stack.name : undefined);
    if (pseudo === undefined) throw new Error(`${name} has no local value`);
    return pseudo;
  }
  return localValueOf(scope, stack, name);
}

function localValueOf(scope: Scope, stack: Stack, logicalId: string, attribute?: string): unknown {
  const resource = scope.assembly.resources.find((one) => one.stack === stack && one.logicalId === logicalId);
  if (resource === undefined) throw new Error(`${stack.name} has no resource named ${logicalId}`);
  return scope.localValue(resource, attribute, scope.resolve);
}

/** What one stack exports for another. */
function imported({ assembly, resolve }: Scope, name: unknown): unknown {
  for (const stack of assembly.stacks) {
    for (const output of Object.values(stack.template.Outputs)) {
      if (output.Export !== undefined && resolve(output.Export.Name, stack) === name) {
        return resolve(output.Value, stack);
      }
    }
  }
  throw new Error(`No stack exports ${name}`);
}

function refuseUndeclared(assembly: Assembly, parameters: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(parameters)) {
    if (assembly.stacks.every(({ template }) => template.Parameters[name] === undefined)) {
      throw new Error(`No stack declares the parameter ${name}`);
    }
  }
}
