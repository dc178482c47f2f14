// Runs modules under V8 and prints what can be seen of them, in the very form that execute.c prints:
//   node --experimental-wasm-type-reflection --experimental-wasm-return-call execute.mjs FILE...
// Every exported function is called twice with arguments that depend on its place alone, after the function that
// refills binaryen's limit on loops; each call is followed by the memory's hash, and the last by all globals.
import { readFileSync } from "node:fs";

const output = [];
const scratch = new DataView(new ArrayBuffer(8));

const hex = (value, digits) => value.toString(16).padStart(digits, "0");

function bits32(value) {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function bits64(value) {
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}

const writers = {
  i32: (value) => `i32:${hex(value >>> 0, 8)}`,
  i64: (value) => `i64:${hex(BigInt.asUintN(64, value), 16)}`,
  f32: (value) => (Number.isNaN(value) ? "f32:nan" : `f32:${hex(bits32(value), 8)}`),
  f64: (value) => (Number.isNaN(value) ? "f64:nan" : `f64:${hex(bits64(value), 16)}`),
  funcref: (value) => (value === null ? "funcref:null" : "funcref:set"),
  externref: (value) => (value === null ? "externref:null" : "externref:set"),
};

// The same table stands in execute.c.
const given = {
  i32: [0, 1, -1, -0x80000000, 0x7fffffff, 42, 0xffffc, 0x10000],
  i64: [0n, 1n, -1n, -(2n ** 63n), 2n ** 63n - 1n, 42n, 0xffffcn, 2n ** 32n],
  f32: [0, -0, 1.5, -2.25, Infinity, NaN, 1e10, 2 ** -149],
  f64: [0, -0, 1.5, -2.25, -Infinity, NaN, 1e19, 2 ** -1074],
  funcref: Array(8).fill(null),
  externref: Array(8).fill(null),
};

// V8's words and ours, as far as both tell traps apart.
const traps = [
  [/^unreachable/, "unreachable"],
  [/memory access out of bounds|data segment|index out of bounds in memory/, "memory"],
  [/table index is out of bounds|table access|table bounds|element segment/, "table"],
  [/null function or function signature|signature mismatch/, "signature"],
  [/divide by zero|remainder by zero/, "divide"],
  [/unrepresentable/, "overflow"],
  [/call stack size/, "stack"],
  [/unaligned/, "unaligned"],
  [/Atomics.wait cannot be called/, "shared"],
];

function trapName(error) {
  const found = traps.find(([words]) => words.test(error.message));
  if (!found) process.stderr.write(`trap of no known kind: ${error}\n`);
  return found ? found[1] : "other";
}

const helperBytes = Uint8Array.from(
  ("0061736d01000000" + "010a0260027e7e0060017b00" + "02070101610161" + "0000" + "03020101" + "07050101620001" + "0a10010e00" +
    "2000fd1d00" + "2000fd1d01" + "10000b").match(/../g),
  (byte) => parseInt(byte, 16),
);
// A vector cannot go to JavaScript: this instance hands it over as two numbers.
const vectorHelper = new WebAssembly.Instance(new WebAssembly.Module(helperBytes), {
  a: { a: (low, high) => output.push(`  log ${writers.i64(low)} ${writers.i64(high)}`) },
});

const log = (type) => (value) => output.push(`  log ${writers[type](value)}`);
const imports = {
  "fuzzing-support": {
    "log-i32": log("i32"),
    "log-i64": log("i64"),
    "log-f32": log("f32"),
    "log-f64": log("f64"),
    "log-v128": vectorHelper.exports.b,
  },
};

function memoryLine(memory) {
  const words = new Uint32Array(memory.buffer);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  return `  memory ${words.length >>> 14} ${hex(hash >>> 0, 8)}`;
}

function callLine(run, type, ordinal, round) {
  const values = type.parameters.map((name, i) => given[name][(ordinal * 5 + round * 3 + i * 7) % 8]);
  try {
    const result = run(...values);
    const results = type.results.length === 1 ? [result] : [...(result ?? [])];
    return results.map((value, i) => ` ${writers[type.results[i]](value)}`).join("");
  } catch (error) {
    return ` trap ${trapName(error)}`;
  }
}

function runModule(path) {
  let module, instance;
  try {
    module = new WebAssembly.Module(readFileSync(path));
  } catch (error) {
    process.stderr.write(`${path}: ${error.message}\n`);
    output.push("rejected");
    return;
  }
  try {
    instance = new WebAssembly.Instance(module, imports);
  } catch (error) {
    output.push(`instantiation trap ${trapName(error)}`);
    return;
  }
  const exports = WebAssembly.Module.exports(module);
  const memory = exports.find(({ kind }) => kind === "memory");
  const refill = instance.exports.hangLimitInitializer;
  for (const round of [0, 1])
    exports.forEach(({ name, kind, type }, ordinal) => {
      if (kind !== "function" || name === "hangLimitInitializer") return;
      if ([...type.parameters, ...type.results].includes("v128")) return;
      refill?.();
      output.push(`call ${name}`);
      output.push(` ${callLine(instance.exports[name], type, ordinal, round)}`);
      if (memory) output.push(memoryLine(instance.exports[memory.name]));
    });
  for (const { name, kind, type } of exports)
    if (kind === "global" && type.value !== "v128") output.push(`${name} ${writers[type.value](instance.exports[name].value)}`);
    else if (kind === "table") output.push(`${name} ${instance.exports[name].length}`);
}

for (const path of process.argv.slice(2)) {
  output.push(`== ${path}`);
  runModule(path);
  process.stdout.write(output.splice(0).join("\n") + "\n");
}
