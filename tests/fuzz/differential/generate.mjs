// Makes modules for the differential fuzzer: node generate.mjs FOLDER SEED FIRST COUNT
//
// Module N of a seed is always the same: `wasm-opt -ttf` turns seeded random bytes into a valid module, which is then
// edited as text:
//   - every NaN that arithmetic makes is made canonical, because WebAssembly leaves its bits open and V8 takes what the
//     CPU gives; NAME.plain.wasm is the same module without these calls, whose results in our engine must be the same;
//   - all globals are exported, vectors as two functions each;
//   - a shared memory becomes an unshared one, which both engines have atomics for;
//   - binaryen's limit of 10 loop rounds and calls becomes 1000 in half of the modules;
//   - some calls that are followed by a return become tail calls.
// Writes SEED-N.wasm and SEED-N.plain.wasm for each module that can be made, and prints the names. Some cannot: binaryen
// 108 confuses the reference types now and then, which wabt's validator finds.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const wabtFeatures = ["--enable-threads", "--enable-tail-call"];

// A stream of bytes that depends on its name alone.
class Stream {
  constructor(name) {
    this.name = name;
    this.block = 0;
    this.left = Buffer.alloc(0);
  }
  bytes(count) {
    const parts = [this.left];
    let size = this.left.length;
    while (size < count) {
      const next = createHash("sha256").update(`${this.name}/${this.block++}`).digest();
      parts.push(next);
      size += next.length;
    }
    const all = Buffer.concat(parts);
    this.left = all.subarray(count);
    return all.subarray(0, count);
  }
  below(limit) {
    return this.bytes(4).readUInt32LE() % limit;
  }
  chance(percent) {
    return this.below(100) < percent;
  }
}

// The standard output, or null when the program refused.
function run(program, args) {
  const result = spawnSync(program, args, { maxBuffer: 1 << 28 });
  if (result.error) throw result.error;
  return result.status === 0 ? result.stdout.toString() : null;
}

function features(stream) {
  const flags = ["--mvp-features"];
  const often = { "simd": 70, "bulk-memory": 80, "sign-ext": 80, "nontrapping-float-to-int": 80, "mutable-globals": 80 };
  for (const [name, percent] of Object.entries(often)) if (stream.chance(percent)) flags.push(`--enable-${name}`);
  // Together these two make binaryen 108 use types of a later proposal.
  if (stream.chance(40)) flags.push("--enable-multivalue");
  else if (stream.chance(30)) flags.push("--enable-reference-types");
  if (stream.chance(25)) flags.push("--enable-threads", "--enable-bulk-memory");
  return flags;
}

function passes(stream) {
  const choices = [[], ["-O1"], ["-O2"], ["-Os"], ["--flatten", "-O1"], ["--vacuum"], ["--inlining-optimizing"], ["--dae-optimizing"]];
  return choices[stream.below(choices.length)];
}

const scalar = /^\s*(f32|f64)\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|demote_f64|promote_f32)(\)?)$/;
const vector = /^\s*(f32x4|f64x2)\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|demote_f64x2_zero|promote_low_f32x4)(\)?)$/;

function canonicalizers(used) {
  const nan = { f32: "f32.const nan", f64: "f64.const nan", f32x4: "v128.const f32x4 nan nan nan nan", f64x2: "v128.const f64x2 nan nan" };
  return [...used].map((kind) => {
    const type = kind.includes("x") ? "v128" : kind;
    const select = type === "v128" ? "v128.bitselect" : "select";
    return `(func $canonical_${kind} (param ${type}) (result ${type})
      local.get 0 ${nan[kind]} local.get 0 local.get 0 ${kind}.eq ${select})`;
  });
}

// A call behind each operation that may make a NaN.
function canonicalize(lines) {
  const used = new Set();
  const edited = lines.map((line) => {
    const found = scalar.exec(line) || vector.exec(line);
    if (!found) return line;
    const [operation, kind, , end = ""] = found; // the last instruction of a function has its parenthesis on its line
    used.add(kind);
    return `${operation.slice(0, operation.length - end.length)} call $canonical_${kind}${end}`;
  });
  return { edited, functions: canonicalizers(used) };
}

function globalExports(lines) {
  const added = [];
  for (const line of lines) {
    const match = /^  \(global \(;(\d+);\) (?:\(mut )?(i32|i64|f32|f64|v128)/.exec(line);
    if (!match) continue;
    const [, index, type] = match;
    if (type !== "v128") added.push(`(export "global_${index}" (global ${index}))`);
    else
      for (const lane of [0, 1])
        added.push(`(func (export "global_${index}_${lane}") (result i64) global.get ${index} i64x2.extract_lane ${lane})`);
  }
  return added;
}

// Calls that are followed by a return, or by the end of a function, of the same results.
function tailCalls(lines, stream) {
  const typeResults = new Map();
  const functionResults = new Map();
  for (const line of lines) {
    const type = /^  \(type \(;(\d+);\) \(func.*?(\(result[^)]*\))?\)\)$/.exec(line);
    if (type) typeResults.set(type[1], type[2] ?? "");
    const made = /^  \((?:import .*\()?func \(;(\d+);\) \(type (\d+)\)/.exec(line);
    if (made) functionResults.set(made[1], typeResults.get(made[2]));
  }
  let results = "";
  return lines.map((line, i) => {
    const made = /^  \(func \(;(\d+);\)/.exec(line);
    if (made) results = functionResults.get(made[1]);
    const call = /^\s*(?:call (\d+)|call_indirect \(type (\d+)\))(\)?)$/.exec(line);
    if (!call || !(call[3] || /^\s*return\)?$/.test(lines[i + 1])) || !stream.chance(70)) return line;
    const callee = call[1] ? functionResults.get(call[1]) : typeResults.get(call[2]);
    return callee === results ? line.replace("call", "return_call") : line;
  });
}

// The limit is set where a function of its own does nothing else.
function raiseLimit(lines) {
  return lines.map((line, i) =>
    line === "    i32.const 10" && /^    global\.set \d+\)$/.test(lines[i + 1]) ? "    i32.const 1000" : line,
  );
}

// The last parenthesis of the text closes the module.
function assemble(base, suffix, lines, added) {
  writeFileSync(`${base}.wat`, lines.join("\n").trimEnd().replace(/\)$/, `\n${added.join("\n")}\n)`));
  return run("wat2wasm", [...wabtFeatures, `${base}.wat`, "-o", base + suffix]) !== null;
}

function make(folder, name) {
  const stream = new Stream(name);
  const size = Math.floor(200 * 100 ** (stream.below(1000) / 1000));
  const flags = [...features(stream), ...passes(stream)];
  const base = join(folder, name);
  writeFileSync(`${base}.bytes`, stream.bytes(size));
  const generated = run("wasm-opt", ["-ttf", `${base}.bytes`, ...flags, "-o", `${base}.wasm`]);
  const text = generated === null ? null : run("wasm2wat", [...wabtFeatures, `${base}.wasm`]);
  if (text === null) return false;
  let lines = text.split("\n").map((line) => line.replace(/^(\s+\(memory .*) shared\)/, "$1)"));
  if (stream.chance(50)) lines = raiseLimit(lines);
  const added = globalExports(lines);
  const tails = tailCalls(lines, stream);
  if (stream.chance(50) && assemble(base, ".plain.wasm", tails, added)) lines = tails;
  else if (!assemble(base, ".plain.wasm", lines, added)) return false;
  const { edited, functions } = canonicalize(lines);
  if (!assemble(base, ".wasm", edited, [...added, ...functions])) throw new Error(`${name}: the edited text is not valid`);
  return true;
}

const [folder, seed, first, count] = process.argv.slice(2);
for (let i = 0; i < Number(count); i++) {
  const name = `${seed}-${Number(first) + i}`;
  if (make(folder, name)) console.log(name);
}
