// Runs a WASI command under Node: node node_wasi.mjs PROGRAM.wasm [ARGS...]. The exit code is the program's, and 134 after
// a trap, which is said in one line as argos says it.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { WASI } from "node:wasi";

const [path, ...rest] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [basename(path), ...rest], env: {}, preopens: {}, returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(path), wasi.getImportObject());
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  process.stderr.write(`trap: ${error.message}\n`);
  process.exitCode = 134;
}
