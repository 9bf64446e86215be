// Times the index pass compiled to WebAssembly: node index.mjs MODULE FILE TIMES.
// Prints lines of `name value`, as the native program does; the slices are as large as there.
import { createRequire } from "node:module";
import { openSync, readSync, closeSync, fstatSync } from "node:fs";

const [modulePath, file, times] = process.argv.slice(2);
const { WasmIndex, floor } = createRequire(import.meta.url)(modulePath);
const slice = Buffer.alloc(4 << 20);

function pass(take) {
  const descriptor = openSync(file, "r");
  let seconds = 0;
  for (;;) {
    const length = readSync(descriptor, slice, 0, slice.length, null);
    if (length === 0) break;
    const start = performance.now();
    take(slice.subarray(0, length));
    seconds += (performance.now() - start) / 1000;
  }
  closeSync(descriptor);
  return seconds;
}

const descriptor = openSync(file, "r");
const bytes = fstatSync(descriptor).size;
closeSync(descriptor);
let records = 0;
for (let round = 0; round < Number(times); round += 1) {
  const start = performance.now();
  const index = new WasmIndex(bytes);
  const seconds = pass((chunk) => index.push(chunk));
  records = index.finish();
  console.log(`engine ${seconds}`);
  console.log(`whole ${(performance.now() - start) / 1000}`);
}
for (let round = 0; round < Number(times); round += 1) {
  let sum = 0n;
  console.log(`floor ${pass((chunk) => (sum += floor(chunk)))}`);
}
console.log(`bytes ${bytes}`);
console.log(`events ${records}`);
