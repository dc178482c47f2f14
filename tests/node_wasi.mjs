// Runs a WASI program under Node, with the options and the argument order of `argos run`:
//   node --no-turbo-fast-api-calls tests/node_wasi.mjs [--env NAME=VALUE]... PROGRAM [ARGUMENT]...
// Exits with the program's code; a trap is 134, as a shell shows an abort. No files are given to it.
import { readFileSync } from 'node:fs';

process.removeAllListeners('warning'); // node:wasi calls itself experimental
process.on('warning', () => {});
const { WASI } = await import('node:wasi');

const rest = process.argv.slice(2);
const env = {};
while (rest[0] === '--env') {
    const [name, ...value] = rest[1].split('=');
    env[name] = value.join('=');
    rest.splice(0, 2);
}
const wasi = new WASI({ version: 'preview1', args: rest, env, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(rest[0]));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
try {
    process.exitCode = wasi.start(instance);
} catch (error) {
    process.stderr.write(`node: ${error}\n`);
    process.exitCode = 134;
}
