// npm-acme is a plugin for strake that holds Node images to an organisation's ways:
//
//   NPM_CI [--omit=dev] [DIR]   installs what the lock file names, with a cache
//   npm install in a RUN        is reported, with a fix
//   NODE_ENV                    is production in the stage that is built
import { ErrorKind, Phase, Severity, type Call, type Diagnostic, type Edit, type Op, type Span, type Use } from "./protocol";
import { serve, type Host, type Result } from "./serve";

const bytes = (text: string) => Buffer.from(text);

async function run(call: Call, host: Host): Promise<Result> {
  switch (call.phase) {
    case Phase.Expand:
      return expand(call, host);
    case Phase.Rewrite:
      return rewrite(call);
    case Phase.Check:
      return check(call);
  }
  return {};
}

/** expand puts COPY and RUN in the place of each NPM_CI. */
async function expand(call: Call, host: Host): Promise<Result> {
  const edits: Edit[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const use of call.uses) {
    const dir = use.args[0]?.toString() ?? ".";
    const lock = dir + "/package-lock.json";
    const { error } = await host.readFile(lock.replace(/^\.\//, ""));
    if (error?.kind === ErrorKind.NotExist) {
      diagnostics.push({
        severity: Severity.Error,
        code: "lock-file",
        span: spanOf(call, opOf(call, use)),
        message: bytes(`${lock} is not in the build context`),
        hint: bytes("run `npm install` and commit package-lock.json"),
      });
      continue;
    }
    if (error) host.log(`cannot look for ${lock}: ${error.message}`);
    edits.push({ ...use.place, delete: 1, why: "installs what the lock file names", insert: install(use, dir) });
  }
  return { edits, diagnostics };
}

function install(use: Use, dir: string): object[] {
  const omit = use.flags.find((f) => f.name === "omit")?.values[0]?.toString();
  const mount = [["type", "cache"], ["target", "/root/.npm"]];
  return [
    { kind: "COPY", copy: { sources: ["package.json", "package-lock.json"].map((f) => bytes(`${dir}/${f}`)), dest: bytes("./") } },
    {
      kind: "RUN",
      run: {
        command: { line: bytes("npm ci" + (omit ? " --omit=" + omit : "")) },
        mounts: [{ options: mount.map(([key, value]) => ({ key: bytes(key), value: bytes(value), hasValue: true })) }],
      },
    },
  ];
}

/** rewrite sets NODE_ENV behind the FROM of the stage that is built, unless that says. */
function rewrite(call: Call): Result {
  const stage = call.module.stages[call.target];
  if (!stage || !call.stages[call.target] || !/(^|\/)node(:|@|$)/.test(stage.base.toString())) return {};
  if (stage.ops.some((op) => op.kind === "ENV" && textOf(call, op).includes("NODE_ENV"))) return {};
  if (stage.ops.some((op) => madeByUs(call, op))) return {};
  const env = { kind: "ENV", env: { pairs: [{ key: bytes("NODE_ENV"), value: bytes("production") }] } };
  return { edits: [{ stage: call.target, op: 0, delete: 0, why: "images run in production", insert: [env] }] };
}

/** madeByUs keeps a second run from doing it again, when the text of the ENV is not there. */
function madeByUs(call: Call, op: Op): boolean {
  return op.kind === "ENV" && call.module.origins[op.origin - 1]?.by.toString() === "npm-acme";
}

/** check reports npm install without packages. */
function check(call: Call): Result {
  const diagnostics: Diagnostic[] = [];
  call.module.stages.forEach((stage, i) => {
    if (!call.stages[i]) return;
    for (const op of stage.ops) {
      const line = op.run?.command.line.toString("latin1") ?? "";
      const found = /\bnpm (install|i)(?=\s*($|&&|;))/.exec(line);
      const span = spanOf(call, op);
      if (!found || !span) continue;
      const at = call.module.files[span.file].text.subarray(span.start, span.end).indexOf(found[0], 0, "latin1");
      const place = { file: span.file, start: span.start + at, end: span.start + at + found[0].length };
      diagnostics.push({
        severity: Severity.Warning,
        code: "npm-install",
        span,
        message: bytes("npm install takes other versions than the lock file when it likes to"),
        hint: bytes("use npm ci"),
        fixes: at < 0 ? [] : [{ message: bytes("use npm ci"), edits: [{ span: place, new: bytes("npm ci") }], safe: false }],
      });
    }
  });
  return { diagnostics };
}

function opOf(call: Call, use: Use): Op {
  return call.module.stages[use.place.stage].ops[use.place.op];
}

/** spanOf is where an op is in the source: the first place that its origin goes back to. */
function spanOf(call: Call, op: Op): Span | undefined {
  for (let o = call.module.origins[op.origin - 1]; o; o = call.module.origins[o.from[0] - 1]) {
    if (o.end > o.start) return { file: o.file, start: o.start, end: o.end };
  }
  return undefined;
}

function textOf(call: Call, op: Op): string {
  const span = spanOf(call, op);
  return span ? call.module.files[span.file].text.subarray(span.start, span.end).toString() : "";
}

void serve({
  info: {
    name: "npm-acme",
    version: "0.1.0",
    summary: "holds Node images to the ways of an organisation",
    phases: [Phase.Expand, Phase.Rewrite, Phase.Check],
    needs: ["context"],
    instructions: [
      {
        keyword: "NPM_CI",
        usage: "NPM_CI [--omit=dev] [DIR]",
        summary: "installs what the lock file names, with a cache",
        flags: [{ name: "omit", values: ["dev", "optional", "peer"], summary: "leave out these dependencies" }],
        max: 1,
      },
    ],
  },
  requires: ["phase.expand", "phase.rewrite", "phase.check", "result.edits"],
  run,
});
