// Starts the page. Where that fails (a browser too old, a file missing) the page says so.
try {
  const { default: init } = await import("./app.js");
  await init({ module_or_path: "./app_bg.wasm" });
} catch (error) {
  document.getElementById("boot-failed")?.removeAttribute("hidden");
  throw error;
}
