// solc as a command, from npm's `solc`: what py-solc-x and Brownie use of it, which is `--version` and `--standard-json`.
//
// Imports are read through the callback: one standard-JSON input above about 1 MB exhausts the compiler's memory.
"use strict";

const fs = require("fs");

/** Reads one import, relative to the working folder, as the native compiler does. */
function readImport(path) {
  try {
    return { contents: fs.readFileSync(path, "utf8") };
  } catch (error) {
    return { error: `${path}: ${error.message}` };
  }
}

/**
 * Runs the command.
 * @param {string} version full version with commit, known beforehand because loading the compiler takes a second
 * @param {string[]} options command line after the program's name
 */
function main(version, options) {
  if (options.includes("--version")) {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
  } else if (options.includes("--standard-json")) {
    const input = fs.readFileSync(0, "utf8");
    process.stdout.write(require("solc").compile(input, { import: readImport }));
  } else {
    process.stderr.write("this solc answers --version and --standard-json only\n");
    process.exitCode = 1;
  }
}

module.exports = { main };
