// Compares what engines printed: node compare.mjs FOLDER. Prints the path of each module that differs and the first line that
// does, and last the number of modules that were the same everywhere.
//
// In the folder, argos.out (interpreted) must be as node.out (V8), compiled.out and checked.out as interpreted.out. argos.out holds
// NAME.plain.wasm beside NAME.wasm; both must be as V8's of NAME.wasm. From the first exhausted stack on, which comes at
// another depth in each engine, nothing is compared. An atomic access that is both unaligned and out of bounds traps; which of
// the two is said is open.
import { readFileSync } from "node:fs";

function sections(path) {
  const found = new Map();
  for (const part of readFileSync(path, "utf8").split(/^== /m).slice(1)) {
    const lines = part.trimEnd().split("\n");
    found.set(lines[0], lines.slice(1));
  }
  return found;
}

// The index of the first line that differs, or -1.
function difference(expected, actual) {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    if (expected[i] === actual[i]) continue;
    if (expected[i] === "  trap memory" && actual[i] === "  trap unaligned") continue;
    return [expected[i], actual[i]].includes("  trap stack") ? -1 : i;
  }
  return -1;
}

const folder = process.argv[2];
const failed = new Set();

// Notes the modules of which ACTUAL's output is not EXPECTED's.
function compare(expectedName, actualName) {
  const [expected, actual] = [expectedName, actualName].map((name) => sections(`${folder}/${name}.out`));
  for (const [path, lines] of expected) {
    const plainPath = path.replace(/\.wasm$/, ".plain.wasm");
    for (const tried of [path, plainPath]) {
      const other = actual.get(tried);
      if (tried === plainPath && other === undefined) continue;
      const place = difference(lines, other ?? ["no output"]);
      if (place < 0) continue;
      const call = lines.slice(0, place + 1).findLast((line) => line.startsWith("call ")) ?? "instantiation";
      console.log(`${tried}: ${call}, line ${place + 1}: ${expectedName} "${lines[place]?.trim()}", ${actualName} "${other?.[place]?.trim()}"`);
      failed.add(path);
      break;
    }
  }
  return [...expected.keys()];
}

const paths = compare("node", "argos");
compare("interpreted", "compiled");
compare("interpreted", "checked");
console.log(paths.filter((path) => !failed.has(path)).length);
