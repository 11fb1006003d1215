package splitcopy

import (
	"slices"
	"strings"
)

// lookers are packages of npm whose install scripts look into the project that they are installed for,
// or write there: a schema, settings, the hooks of its repository.
var lookers = strings.Fields(`@prisma/client husky yorkie ghooks pre-commit pre-push simple-git-hooks lefthook @evilmartians/lefthook @arkweid/lefthook puppeteer nx msw @angular/cli`)

// keepers are those whose install scripts compile, unpack or fetch what is their own, or say something.
var keepers = strings.Fields(`esbuild sharp bcrypt node-sass fsevents core-js core-js-pure core-js-bundle canvas better-sqlite3 sqlite3 argon2 bufferutil utf-8-validate cpu-features ssh2 protobufjs nodemon styled-components es5-ext
	@swc/core unrs-resolver @parcel/watcher msgpackr-extract lmdb leveldown classic-level re2 grpc @tensorflow/tfjs-node microtime deasync iconv libxmljs libpq oracledb snappy zeromq isolated-vm node-expat farmhash bigint-buffer keccak secp256k1
	tiny-secp256k1 kerberos mongodb-client-encryption usb @serialport/bindings-cpp dtrace-provider heapdump gifsicle optipng-bin mozjpeg pngquant-bin jpegtran-bin cwebp-bin phantomjs-prebuilt chromedriver geckodriver electron cypress node-pty
	tree-sitter ttf2woff2 @nestjs/core @prisma/engines workerd @biomejs/biome nice-napi aws-crt uglifyjs-webpack-plugin vue-demi ffmpeg-static @datadog/native-metrics @datadog/pprof hiredis robotjs nodegit node-rdkafka`)

// told is what a lock tells of the scripts of a package.
type told uint8

const (
	nothing told = iota
	hasNone
	hasScript
)

// known makes sure that the install of a package looks at nothing of the project. Where the lock
// tells which have scripts, one that is in no list may do anything; where it does not, packages
// of a registry are taken to keep to themselves, as package ir/effects has it.
func (r *reader) known(name string, silent bool, lock told) *refusal {
	switch {
	case silent, lock == hasNone, slices.Contains(r.config.Scripts, name), slices.Contains(keepers, name):
		return nil
	case slices.Contains(lookers, name):
		return refuse("scripts", "the install script of %s looks into the project", name)
	case lock == hasScript:
		return refuse("scripts", "what the install script of %s does is not known: if it looks at nothing of the project, list it in `scripts`, or give the install --ignore-scripts", name)
	}
	return nil
}
