import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

type Package = {
  version?: string;
  resolved?: string;
  integrity?: string;
  inBundle?: boolean;
  link?: boolean;
  license?: string | string[];
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
};

const root = path.join(import.meta.dirname, "../..");
const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, Package>;
};
const { "": project, ...packages } = lock.packages;
const named = (input: (one: Package) => boolean) =>
  Object.entries(packages).flatMap(([name, one]) => (input(one) ? [name] : []));

/** Licences that allow bundling into the deployed code; in a choice of licences one of them is enough. */
const bundled = [
  "MIT",
  "Apache-2.0",
  "ISC",
  "0BSD",
  "BSD-3-Clause",
  "Unlicense",
  "(MIT OR CC0-1.0)",
  "MIT,Apache2",
];

describe("the lock file", () => {
  it("the lock file has a hash for every package, or for the package that bundles it", () => {
    expect(named(({ integrity, inBundle, link }) => !integrity && !inBundle && !link)).toEqual([]);
    expect(named(({ integrity = "sha512-" }) => !integrity.startsWith("sha512-"))).toEqual([]);
  });

  it("the lock file names no download URL, so only the configured registry is used", () => {
    expect(named(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(named(({ version }) => !/^\d+\.\d+\.\d+/.test(version ?? ""))).toEqual([]);
  });

  it("the lock file has one package with an install script, which package.json forbids", () => {
    expect(named(({ hasInstallScript }) => hasInstallScript === true)).toEqual(["node_modules/esbuild"]);
    const { allowScripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    expect(allowScripts).toEqual({ esbuild: false });
    expect(project).toBeDefined();
  });

  it("every deployed package has a licence that allows bundling", () => {
    const deployed = Object.entries(packages).filter(([, { dev, optional }]) => !dev && !optional);
    expect(deployed.length).toBeGreaterThan(100);
    const others = deployed.filter(([, { license }]) => !bundled.includes(String(license)));
    expect(others.map(([name, { license }]) => `${name}: ${license}`)).toEqual([]);
  });
});
