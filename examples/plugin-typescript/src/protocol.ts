// The messages of plugin.proto, as far as this plugin uses them. protobuf.js reads the
// .proto files themselves; these types only name what is in them.
import protobuf from "protobufjs";

import irProto from "../../../ir/pb/ir.proto";
import pluginProto from "../../../plugins/pb/plugin.proto";

export enum Phase { Expand = 1, Rewrite, Check, Finish }
export enum Severity { Error, Warning, Info, Hint }
export enum ErrorKind { Other, Unavailable, Denied, NotExist }

export interface Span { file: number; start: number; end: number }
export interface Origin extends Span { by: Buffer; why: Buffer; from: number[] }
export interface Op { kind: string; origin: number; run?: { command: { exec: boolean; line: Buffer } } }
export interface Stage { base: Buffer; ops: Op[]; origin: number }
export interface Module { files: { name: Buffer; text: Buffer }[]; stages: Stage[]; origins: Origin[] }
export interface Place { stage: number; op: number }
export interface Use { place: Place; keyword: string; flags: { name: string; values: Buffer[] }[]; args: Buffer[] }

export interface Call {
  phase: Phase;
  module: Module;
  target: number;
  stages: boolean[];
  config: Buffer;
  uses: Use[];
}

export interface Diagnostic {
  severity: Severity;
  code: string;
  span?: Span;
  message: Buffer;
  hint?: Buffer;
  fixes?: { message: Buffer; edits: { span: Span; new: Buffer }[]; safe: boolean }[];
}

/** An edit, and the ops that it puts in: objects in the form of ir.proto. */
export interface Edit extends Place { delete: number; why: string; insert: object[] }

export interface Reply { id: number; data: Buffer; error?: { kind: ErrorKind; message: Buffer } }
export interface HostMessage { call?: Call; reply?: Reply }

const root = new protobuf.Root();
protobuf.parse(irProto, root);
protobuf.parse(pluginProto, root);
root.resolveAll();

/** encode makes the bytes of a message of plugin.proto. */
export function encode(name: string, value: object): Buffer {
  const type = root.lookupType("strake.plugin.v1." + name);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

/** decode reads them. Fields that are not known are left out. */
export function decode<T>(name: string, data: Uint8Array): T {
  const type = root.lookupType("strake.plugin.v1." + name);
  return type.toObject(type.decode(data), { defaults: true, arrays: true }) as T;
}
