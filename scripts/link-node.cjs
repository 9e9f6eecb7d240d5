// Links the Node that npm installed for this platform as node_modules/.bin/node, which npm scripts find first on PATH.
// npm 10 and older drop that link: the platforms they skip claim the same bin name and take it along.
// Runs under whatever Node the machine has, hence no dependencies and old syntax only.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const oldestMajor = 22;
const platform = `${process.platform}-${process.arch}`;
const packageName = (platform === "darwin-arm64" ? "node-bin-" : "node-") + platform;
const modules = path.join(__dirname, "..", "node_modules");
const bundled = path.join(modules, packageName, "bin", "node");
const link = path.join(modules, ".bin", "node");

function isThere(file) {
  try {
    fs.lstatSync(file);
    return true;
  } catch (_error) {
    return false;
  }
}

function makeLink() {
  fs.mkdirSync(path.dirname(link), { recursive: true });
  try {
    fs.symlinkSync(path.relative(path.dirname(link), bundled), link);
  } catch (error) {
    if (error.code !== "EEXIST") throw error; // another script was faster
  }
}

if (isThere(bundled)) {
  if (!isThere(link)) makeLink();
} else if (Number(process.versions.node.split(".")[0]) < oldestMajor) {
  console.error(
    `This project needs Node ${oldestMajor} or newer; the one on PATH is ${process.version}, and none is bundled for ` +
      `${platform} (or npm was told to omit optional dependencies).`,
  );
  process.exit(1);
}
