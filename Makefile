# make demo builds the tutorial's image with nothing but this repository; make test
# runs every test. Both make the machine ready first.
SHELL := /bin/bash
GO ?= go
PREFIX ?= /usr/local
FUZZTIME ?= 10m

# All builds here are of one kind, static and without paths of this machine, as that of the
# frontend's image is. Else Go compiles what they share once for each kind. The tag takes grpc's
# pages for debugging out, whose templates have the linker keep every method of every type.
export CGO_ENABLED ?= 0
export GOFLAGS ?= -trimpath -tags=grpcnotrace
# What a corpus adds is parsed and compiled one file after the other.
RACE = STRAKE_CORPUS=none CGO_ENABLED=1 $(GO) test -race -short -timeout 20m

BUILDKIT = github.com/moby/buildkit
ENGINE = $(BUILDKIT)/cmd/buildkitd github.com/rootless-containers/rootlesskit/v3/cmd/rootlesskit

.PHONY: build engine frontend frontend-image install uninstall demo check test test-program test-program-rest test-packages test-race long effects-truth attack conformance ages format lint bench bench-optimize sessions fuzz generate clean

build: engine ## bin/strake, and beside it the build engine and bin/strake-light
	$(GO) build -o bin/ -ldflags '-s -w' ./cmd/strake ./cmd/strake-light

engine: ## an unmodified buildkitd of the version in go.mod
	@.ci/setup build
	@mkdir -p bin
	$(GO) build -o bin/ -ldflags "-s -w -X $(BUILDKIT)/version.Version=$$($(GO) list -m -f '{{.Version}}' $(BUILDKIT))" $(ENGINE)

frontend: ## bin/strake-frontend, a static binary for "# syntax="
	CGO_ENABLED=0 $(GO) build -trimpath -tags grpcnotrace -ldflags='-s -w' -o bin/strake-frontend ./cmd/strake-frontend

frontend-image: build frontend ## bin/frontend.tar, its image
	bin/strake frontend image -o bin/frontend.tar

# what install makes, below DESTDIR and PREFIX
SHARE = $(DESTDIR)$(PREFIX)/share
COMPLETIONS = $(SHARE)/bash-completion/completions/strake $(SHARE)/zsh/site-functions/_strake $(SHARE)/fish/vendor_completions.d/strake.fish

install: build ## strake with its engine, completions and manual pages, below PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/strake $(SHARE)/man/man1 $(dir $(COMPLETIONS))
	install -m 755 bin/strake-light $(DESTDIR)$(PREFIX)/bin/strake
	install -m 755 bin/strake bin/buildkitd bin/rootlesskit $(DESTDIR)$(PREFIX)/libexec/strake
	install -m 644 docs/man/*.1 $(SHARE)/man/man1
	bin/strake completion bash >$(word 1,$(COMPLETIONS))
	bin/strake completion zsh >$(word 2,$(COMPLETIONS))
	bin/strake completion fish >$(word 3,$(COMPLETIONS))

uninstall: ## take away what install made
	rm -rf $(DESTDIR)$(PREFIX)/bin/strake $(DESTDIR)$(PREFIX)/libexec/strake $(COMPLETIONS) $(addprefix $(SHARE)/man/man1/,$(notdir $(wildcard docs/man/*.1)))

demo: build ## the tutorial: an image from a Dockerfile, and its layers
	@.ci/setup demo
	@.ci/demo

# Left out are tests that attack, that run scripts of the whole program, and that wait for a
# peer which stalls; with -short and no testbed, also those of real daemons and registries.
check: format ## the inner loop: what needs no root and no network, in a minute
	$(GO) vet ./...
	STRAKE_TESTBED=none STRAKE_CORPUS=none $(GO) test -short -skip '^Test(Attack.*|Script|Slow|Stalled.*|Dropped.*)$$' ./...

# The whole program's tests take as long as all others, and wait as often as they work: in two halves
# beside the others they have two cores busy. What they vet is vetted by lint.
test: build ## every test, once, and the concurrent parts with the race detector
	@.ci/setup test
	@$(MAKE) --no-print-directory -j4 test-program test-program-rest test-packages test-race

PROGRAM = ./cmd/strake
HALF = '^Test[A-M]'
TEST = $(GO) test -timeout 40m -vet=off
test-program:
	$(TEST) -run $(HALF) $(PROGRAM)

test-program-rest:
	$(TEST) -skip $(HALF) $(PROGRAM)

test-packages:
	$(TEST) $$($(GO) list ./... | grep -v '$(PROGRAM:.%=%)$$')

test-race: lint
	$(RACE) ./ir/eval ./lang/late ./lang/regular ./lang/source ./backend/baseconfig/... ./backend/compile ./backend/store/... ./plugins ./plugins/config/... ./plugins/host ./plugins/include

long: build ## what make test samples, whole, and the race detector on the whole program: an hour or two
	@.ci/setup test
	STRAKE_LONG=1 $(GO) test -count=1 -timeout 60m -v -run '^Test(Adverse|Apart|BadInput|Build|Chains|Changes|Corpus|Differential|LintCorpus|Live|LiveUserNS|Real|SafeFixesKeepTheImage|Shells|Twice)$$' ./backend/compile ./backend/container/rootfs ./backend/llb ./ir/effects ./plugins/builtin ./plugins/builtin/cachemounts ./plugins/builtin/mergerun ./plugins/builtin/reorder ./plugins/builtin/slim ./plugins/builtin/splitcopy
	STRAKE_LONG=1 $(GO) test -count=1 -timeout 60m -v -run '^Test(BuildsAndPrunes|BuiltFixes|CutOffAnywhere|EngineKilled|EngineKilledAtStart|EqualBuildsFail|ExamplesBuild|RegistryCuts|SlimVerified|SplitVerified|StepsFailAtOnce|Tutorial|WrongRewrites)$$' ./cmd/strake
	$(RACE) ./lang ./ir ./ir/plan ./ir/effects ./ir/lint/... ./backend/gateway ./backend/build/... ./backend/container/... ./backend/validate ./backend/input/... ./cmd/internal/... ./cmd/strake-frontend
	$(RACE) -skip '^TestAttack' ./cmd/strake # attacks are on programs, whatever runs at once in them

effects-truth: ## what scripts do in a real Debian and on a real BuildKit, beside what ir/effects says of them: half an hour
	@.ci/setup test
	STRAKE_LONG=1 $(GO) test ./ir/effects -count=1 -timeout 60m -v -run '^TestTruth'

attack: build ## every test that attacks, as root, as a user, without namespaces, without cgroups, and a table
	@.ci/setup test
	$(GO) run ./cmd/internal/attack

conformance: frontend-image ## BuildKit's own suite of the Dockerfile frontend, against this one: by all ways into it, or VARIANT=gateway, client or builtin
	@.ci/setup conformance
	STRAKE_CONFORMANCE=1 $(GO) test ./backend/gateway/conformance -count=1 -timeout 60m -v -run '^TestSuite$$/^$(VARIANT)'

ages: build ## the frontend on BuildKit daemons of other ages, each built once
	@.ci/setup test
	STRAKE_LONG=1 $(GO) test ./cmd/strake-frontend -count=1 -timeout 30m -v -run '^TestAges$$'

format:
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "not gofmt-ed:" $$files; exit 1; }

lint: format ## formatting, vet, staticcheck
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: build ## speed and memory beside BuildKit's own code, and builds beside buildx: one table at the end
	@.ci/setup test
	$(GO) run ./cmd/internal/bench ./backend/llb ./plugins/host ./plugins/builtin ./backend/engine ./cmd/strake ./cmd/strake-frontend

bench-optimize: build ## what the optimising plugins save over replays of edits of many projects, whether the images are the same, and wrong plugins: one or two hours, of which an interrupted run keeps what it has, or STRAKE_BENCH_PROJECTS=name,name
	@.ci/setup test
	$(GO) run ./cmd/internal/bench -run '^Test(Projects|Mutants)$$' -timeout 24h ./backend/optimize/bench

sessions: build ## changes made by hand, each written as a Dockerfile, built and compared, and a table: half an hour, or STRAKE_SESSIONS=name,name
	@.ci/setup test
	$(GO) run ./cmd/internal/bench -run '^Test(Sessions|Mutants)$$' -timeout 3h ./backend/recipe/sessions

fuzz: ## every fuzz target for FUZZTIME
	@grep -roE '^func Fuzz[A-Za-z]+' --include='*_test.go' . | sort | while IFS=: read -r file target; do \
		dir=$$(dirname "$$file"); target=$${target#func }; \
		echo "$$target in $$dir for $(FUZZTIME)"; \
		$(GO) test "$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x </dev/null || exit 1; \
	done

generate: ## grammar.ebnf, the protobuf code, and the reference and manual pages of the commands
	$(GO) generate ./...
	$(GO) test ./cmd/strake -count=1 -run '^TestReference$$' -update
	$(GO) test ./ir/lint/rules -count=1 -run '^TestRulePages$$' -update

clean:
	rm -rf bin
