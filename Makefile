# OneVision. `make help` says what there is.
GO ?= go
LISTEN ?= 127.0.0.1:8080
COUNTY ?= demo
ONLY ?=

.PHONY: help demo build test faults bench lint

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## a demo county, everything running, at http://$(LISTEN)
	@.ci/install
	@$(MAKE) --no-print-directory build
	./bin/onevision demo --listen $(LISTEN)

build: ## the program, as bin/onevision
	@echo "Building (the first time takes a few minutes: DuckDB is large)."
	$(GO) build -o bin/onevision ./cmd/onevision

test: ## everything: real PostgreSQL, real DuckDB, real SMTP, a real browser
	@.ci/install browser
	$(GO) vet ./...
	$(GO) test -race -timeout 9m ./...

faults: ## the fault tests in full
	@.ci/install
	ONEVISION_FAULTS=full $(GO) test -timeout 60m -count 1 -v -run 'Fault' ./...

bench: ## performance figures, each a ratio measured in one run (ONLY=name, COUNTY=full)
	@.ci/install
	@$(GO) run ./cmd/bench -county $(COUNTY) -only '$(ONLY)'

lint: ## formatting and vet
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "Run gofmt -w on these files."; exit 1; }
	$(GO) vet ./...
