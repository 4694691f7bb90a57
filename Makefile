# OneVision. `make help` says what there is.
GO ?= go
LISTEN ?= 127.0.0.1:8080
COUNTY ?= demo
ONLY ?=

# Linking DuckDB takes gcc's own linker some twelve seconds of a processor for each
# test program, and mold three; where there is no mold, nothing else differs.
export GOFLAGS := $(strip $(GOFLAGS) $(if $(shell command -v mold),-ldflags=-extldflags=-fuse-ld=mold))

# Tests wait for servers as long as they compute, so more packages are tested at a
# time than there are processors; those that take longest begin.
LONG = ./warehouse ./cmd/onevision ./cmd/app ./dashboards

# The packages in which goroutines share memory.
RACE = ./warehouse ./cmd/app ./dashboards ./api ./access ./alerts/... ./indicators ./records/postgres/...

# Fault tests, and those that take every kind or many rounds with ONEVISION_FAULTS=full.
FAULTS = Fault|EveryOperation|ErrorsRepeat|ComesInBetween

.PHONY: help demo build test race faults bench lint

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## a demo county, everything running, at http://$(LISTEN)
	@.ci/install
	@$(MAKE) --no-print-directory build
	./bin/onevision demo --listen $(LISTEN)

build: ## the program, as bin/onevision
	@echo "Building (the first time takes a few minutes: DuckDB is large)."
	$(GO) build -o bin/onevision ./cmd/onevision

test: ## everything that matters to a change: real PostgreSQL, DuckDB, SMTP and browser, a round of each fault
	@.ci/install browser
	$(GO) vet ./...
	$(GO) test -p 3 -timeout 20m $(LONG) ./...

race: ## the race detector over the packages that share memory
	@.ci/install browser
	$(GO) test -race -timeout 40m $(RACE)

faults: ## the fault tests in full
	@.ci/install
	ONEVISION_FAULTS=full $(GO) test -timeout 60m -count 1 -v -run '$(FAULTS)' ./...

bench: ## performance figures, each a ratio measured in one run (ONLY=name, COUNTY=full)
	@.ci/install
	@$(GO) run ./cmd/bench -county $(COUNTY) -only '$(ONLY)'

lint: ## formatting and vet
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "Run gofmt -w on these files."; exit 1; }
	$(GO) vet ./...
