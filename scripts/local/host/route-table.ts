/** One route of an HTTP API, for example `GET /payments/{id}` or `$default`. */
export type Route<Target> = { key: string; target: Target };

/** The route that a request takes, with the decoded values of its path variables. */
export type Match<Target> = { route: Route<Target>; pathParameters: Record<string, string> };

type Pattern<Target> = { route: Route<Target>; method: string; segments: string[] };

/**
 * Chooses among routes as API Gateway does: exact segments before variables before `{greedy+}`, a method before ANY,
 * `$default` last. Throws on two routes with one key, which CloudFormation would refuse too.
 */
export function createRouteTable<Target>(routes: readonly Route<Target>[]) {
  const keys = routes.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new Error(`Two routes have the key ${twice}`);

  const fallback = routes.find(({ key }) => key === "$default");
  const patterns = routes
    .filter((route) => route !== fallback)
    .map((route): Pattern<Target> => {
      const [method = "", path = ""] = route.key.split(" ");
      return { route, method, segments: path.split("/").slice(1) };
    })
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));

  /** `path` is still percent-encoded. */
  return function match(method: string, path: string): Match<Target> | undefined {
    const segments = path.split("/").slice(1);
    for (const pattern of patterns) {
      if (pattern.method !== "ANY" && pattern.method !== method) continue;
      const pathParameters = variables(pattern.segments, segments);
      if (pathParameters !== undefined) return { route: pattern.route, pathParameters };
    }
    return fallback && { route: fallback, pathParameters: {} };
  };
}

/** Sorts the most specific pattern first. */
function rank({ segments, method }: Pattern<unknown>): string {
  const kinds = segments.map((segment) => (greedy(segment) ? "2" : variable(segment) ? "1" : "0"));
  return `${kinds.join("")}${method === "ANY" ? "~" : "!"}`;
}

function variables(pattern: string[], segments: string[]): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined) return undefined;
    const rest = greedy(expected);
    if (rest !== undefined) return { ...found, [rest]: decodePath(segments.slice(index).join("/")) };
    const name = variable(expected);
    if (name === undefined && decodePath(segment) !== expected) return undefined;
    if (name !== undefined && segment === "") return undefined;
    if (name !== undefined) found[name] = decodePath(segment);
  }
  return segments.length === pattern.length ? found : undefined;
}

function greedy(segment: string): string | undefined {
  return /^\{(.+)\+\}$/.exec(segment)?.[1];
}

function variable(segment: string): string | undefined {
  return /^\{(.+)\}$/.exec(segment)?.[1];
}

/** Percent-decoded; what cannot be decoded stays as it is. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
