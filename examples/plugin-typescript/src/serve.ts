// Serves a plugin as docs/plugins/protocol.md says: a socket with TLS on both sides, one
// line on stdout, and gRPC with two methods.
import "reflect-metadata";

import { webcrypto } from "node:crypto";
import { join } from "node:path";

import * as grpc from "@grpc/grpc-js";
import * as x509 from "@peculiar/x509";

import { decode, encode, type Call, type Diagnostic, type Edit, type HostMessage, type Reply } from "./protocol";

export interface Result { edits?: Edit[]; diagnostics?: Diagnostic[] }

export interface Plugin {
  info: object; // Info of plugin.proto
  requires: string[];
  run(call: Call, host: Host): Promise<Result>;
}

/** Host is what the plugin may ask of strake during one call. */
export interface Host {
  log(text: string): void;
  readFile(path: string): Promise<Reply>;
}

const maxFrame = 1 << 20;

/** Session is one call: a stream of frames, of which messages are made. */
class Session implements Host {
  private parts: Buffer[] = [];
  private open = new Map<number, (r: Reply) => void>();
  private next = 1;

  constructor(private plugin: Plugin, private stream: grpc.ServerDuplexStream<Frame, Frame>) {
    stream.on("data", (f: Frame) => this.receive(f));
  }

  private receive(frame: Frame) {
    this.parts.push(frame.data);
    if (frame.more) return;
    const message = decode<HostMessage>("HostMessage", Buffer.concat(this.parts));
    this.parts = [];
    if (message.call) void this.run(message.call);
    if (message.reply) {
      this.open.get(message.reply.id)?.(message.reply);
      this.open.delete(message.reply.id);
    }
  }

  private async run(call: Call) {
    try {
      const { edits = [], diagnostics = [] } = await this.plugin.run(call, this);
      const result: Record<string, unknown> = { diagnostics };
      if (edits.length > 0) {
        result.edits = {
          edits: edits.map(({ insert, why, ...edit }) => ({ ...edit, why: Buffer.from(why) })),
          inserted: { stages: edits.map(({ insert }) => ({ ops: insert })) },
        };
      }
      this.send({ result });
    } catch (e) {
      console.error(e);
      this.send({ failure: { message: Buffer.from(String(e)) } });
    }
    this.stream.end();
  }

  private send(message: object) {
    const data = encode("PluginMessage", message);
    for (let at = 0; ; at += maxFrame) {
      const more = at + maxFrame < data.length;
      this.stream.write({ data: data.subarray(at, at + maxFrame), more });
      if (!more) return;
    }
  }

  log(text: string) {
    this.send({ log: { text: Buffer.from(text) } });
  }

  readFile(path: string): Promise<Reply> {
    const id = this.next++;
    return new Promise((resolve) => {
      this.open.set(id, resolve);
      this.send({ ask: { id, readFile: { path: Buffer.from(path) } } });
    });
  }
}

interface Frame { data: Buffer; more: boolean }

function method<Q, S>(path: string, stream: boolean, request: string, response: string): grpc.MethodDefinition<Q, S> {
  return {
    path: "/strake.plugin.v1.Plugin/" + path,
    requestStream: stream,
    responseStream: stream,
    requestSerialize: (m: Q) => encode(request, m as object),
    requestDeserialize: (data: Buffer) => decode<Q>(request, data),
    responseSerialize: (m: S) => encode(response, m as object),
    responseDeserialize: (data: Buffer) => decode<S>(response, data),
  };
}

/** certificate makes a key, and a certificate that is signed with it. */
async function certificate() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  x509.cryptoProvider.set(webcrypto as Crypto);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=localhost",
    keys: keys as CryptoKeyPair,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 3600e3),
    notAfter: new Date(Date.now() + 24 * 3600e3),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }]),
    ],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { key, cert };
}

/** serve offers a plugin to the strake that has started this program. */
export async function serve(plugin: Plugin) {
  const env = process.env;
  if (env.STRAKE_PLUGIN !== "strake.plugin.v1" || !env.PLUGIN_UNIX_SOCKET_DIR || !env.PLUGIN_CLIENT_CERT) {
    console.error("This is a plugin for strake, which runs it: name it in strake.yaml.");
    process.exit(1);
  }
  const { key, cert } = await certificate();
  const server = new grpc.Server();
  server.addService(
    { info: method("Info", false, "InfoRequest", "InfoResponse"), run: method("Run", true, "Frame", "Frame") },
    {
      info: (_: unknown, answer: grpc.sendUnaryData<object>) => answer(null, { minor: 0, requires: plugin.requires, info: plugin.info }),
      run: (stream: grpc.ServerDuplexStream<Frame, Frame>) => void new Session(plugin, stream),
    },
  );
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert.toString("pem")) };
  const credentials = grpc.ServerCredentials.createSsl(Buffer.from(env.PLUGIN_CLIENT_CERT), [pair], true);
  const path = join(env.PLUGIN_UNIX_SOCKET_DIR, "npm-acme");
  server.bindAsync("unix:" + path, credentials, (err) => {
    if (err) throw err;
    const der = Buffer.from(cert.rawData).toString("base64").replace(/=+$/, "");
    process.stdout.write(`1|1|unix|${path}|grpc|${der}\n`);
  });
}
