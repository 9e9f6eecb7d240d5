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
const named = (wanted: (one: Package) => boolean) =>
  Object.entries(packages).flatMap(([name, one]) => (wanted(one) ? [name] : []));

/** Licences under which a copy may be bundled into what is deployed; a choice counts by its best. */
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
  it("says of every package what its bytes are, alone or within the package that brings it", () => {
    expect(named(({ integrity, inBundle, link }) => !integrity && !inBundle && !link)).toEqual([]);
    expect(named(({ integrity = "sha512-" }) => !integrity.startsWith("sha512-"))).toEqual([]);
  });

  it("names no place to get them from, so that no other than the configured registry is asked", () => {
    expect(named(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(named(({ version }) => !/^\d+\.\d+\.\d+/.test(version ?? ""))).toEqual([]);
  });

  it("lets one package run a script when it is installed, and package.json forbids it", () => {
    expect(named(({ hasInstallScript }) => hasInstallScript === true)).toEqual(["node_modules/esbuild"]);
    const { allowScripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    expect(allowScripts).toEqual({ esbuild: false });
    expect(project).toBeDefined();
  });

  it("has only licences that allow what is deployed", () => {
    const deployed = Object.entries(packages).filter(([, { dev, optional }]) => !dev && !optional);
    expect(deployed.length).toBeGreaterThan(100);
    const others = deployed.filter(([, { license }]) => !bundled.includes(String(license)));
    expect(others.map(([name, { license }]) => `${name}: ${license}`)).toEqual([]);
  });
});
