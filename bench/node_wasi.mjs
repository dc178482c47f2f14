// Runs a WASI command under Node: node bench/node_wasi.mjs PROGRAM.wasm [ARGS...]. The exit code is the program's.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { WASI } from "node:wasi";

const [path, ...rest] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [basename(path), ...rest], env: {}, preopens: {}, returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(path), wasi.getImportObject());
process.exitCode = wasi.start(instance);
