// Compares what both engines printed: node compare.mjs NODE_OUTPUT ARGOS_OUTPUT. Prints the path of each module that
// differs and the first line that does, and last the number of modules that were the same.
//
// The argos output holds NAME.plain.wasm beside NAME.wasm; both must be as V8's of NAME.wasm. From the first exhausted
// stack on, which comes at another depth in each engine, nothing is compared. An atomic access that is both unaligned and
// out of bounds traps; which of the two is said is open.
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

const [expected, actual] = process.argv.slice(2).map(sections);
let same = 0;
for (const [path, lines] of expected) {
  const plainPath = path.replace(/\.wasm$/, ".plain.wasm");
  let place = -1;
  for (const tried of [path, plainPath]) {
    const other = actual.get(tried);
    if (tried === plainPath && other === undefined) continue;
    place = difference(lines, other ?? ["no output"]);
    if (place < 0) continue;
    const call = lines.slice(0, place + 1).findLast((line) => line.startsWith("call ")) ?? "instantiation";
    console.log(`${tried}: ${call}, line ${place + 1}: V8 "${lines[place]?.trim()}", argos "${other?.[place]?.trim()}"`);
    break;
  }
  if (place < 0) same++;
}
console.log(same);
