// Times the index pass compiled to WebAssembly: node index.mjs MODULE FILE TIMES.
// Prints lines of `name value`, as the native program does; the slices are as large as there.
import { createRequire } from "node:module";
import { openSync, readSync, closeSync, fstatSync } from "node:fs";

const [modulePath, file, times] = process.argv.slice(2);
const { WasmIndex, floor, module_memory } = createRequire(import.meta.url)(modulePath);
const slice = Buffer.alloc(4 << 20);

// Processor time, so that other work on the machine counts less. It includes the compiler's
// threads, which run during the first repetition.
function seconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

// Reads the file slice by slice; the seconds spent in `take`.
function pass(take, room = () => slice) {
  const descriptor = openSync(file, "r");
  let spent = 0;
  for (;;) {
    const into = room();
    const length = readSync(descriptor, into, 0, into.length, null);
    if (length === 0) break;
    const start = seconds();
    take(into.subarray(0, length));
    spent += seconds() - start;
  }
  closeSync(descriptor);
  return spent;
}

const descriptor = openSync(file, "r");
const bytes = fstatSync(descriptor).size;
closeSync(descriptor);
let records = 0;
for (let round = 0; round < Number(times); round += 1) {
  const start = seconds();
  const index = new WasmIndex(bytes);
  const engine = pass((chunk) => index.push(chunk));
  records = index.finish();
  console.log(`engine ${engine}`);
  console.log(`whole ${seconds() - start}`);
}
for (let round = 0; round < Number(times); round += 1) {
  const index = new WasmIndex(bytes);
  // The memory is another object once it has grown.
  const room = () => new Uint8Array(module_memory().buffer, index.place(), slice.length);
  console.log(`in-place ${pass((chunk) => index.push_in_place(chunk.length), room)}`);
  index.finish();
}
for (let round = 0; round < Number(times); round += 1) {
  let sum = 0n;
  console.log(`floor ${pass((chunk) => (sum += floor(chunk)))}`);
}
console.log(`bytes ${bytes}`);
console.log(`events ${records}`);
