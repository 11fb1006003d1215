// Bundles the plugin into one file, which is what strake.lock pins.
import { build } from "esbuild";
import { chmod } from "node:fs/promises";

const outfile = "dist/npm-acme";
await build({
  entryPoints: ["src/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  minify: true,
  loader: { ".proto": "text" },
  banner: { js: "#!/usr/bin/env node" },
  logLevel: "warning",
});
await chmod(outfile, 0o755);
