// Starts the page. Where that fails (a browser too old, a file missing) the page says so: its
// style sheet shows what is hidden otherwise.
try {
  const { default: init } = await import("./app.js");
  await init({ module_or_path: "./app_bg.wasm" });
} catch (error) {
  document.documentElement.dataset.boot = "failed";
  throw error;
}
