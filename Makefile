# make demo compiles real Dockerfiles; make test runs every test. Both make the
# machine ready first.
SHELL := /bin/bash
GO ?= go
FUZZTIME ?= 10m

.PHONY: build demo test race lint bench fuzz generate setup clean

build: setup ## bin/strake
	@mkdir -p bin
	$(GO) build -o bin/strake ./cmd/strake

demo: build ## compile the examples, and the corpus when it is there
	@.ci/demo

test: setup lint ## every test, once, and the concurrent parts with the race detector
	$(GO) test -timeout 20m ./...
	$(GO) test -race -timeout 20m ./ir/... ./lang/... ./backend/image/... ./cmd/...

lint: ## formatting, vet, staticcheck
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "not gofmt-ed:" $$files; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: setup ## speed and memory beside BuildKit's own code, in one run on one core
	STRAKE_BENCH=1 GOMAXPROCS=1 $(GO) test ./backend/llb -count=1 -run '^TestSpeed$$' -v -timeout 60m

fuzz: setup ## every fuzz target for FUZZTIME
	@grep -roE '^func Fuzz[A-Za-z]+' --include='*_test.go' . | sort | while IFS=: read -r file target; do \
		dir=$$(dirname "$$file"); target=$${target#func }; \
		echo "$$target in $$dir for $(FUZZTIME)"; \
		$(GO) test "$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x </dev/null || exit 1; \
	done

generate: ## grammar.ebnf and the protobuf code
	$(GO) generate ./...

setup:
	@.ci/setup

clean:
	rm -rf bin
