# What one does with Parley. `make` alone lists the targets.
#
# ARGS goes to what is run (`make run ARGS=--listen=:9000`), GOTESTFLAGS to
# go test (`make test GOTESTFLAGS="-run TestAssign -v"`), PACKAGES says which
# packages are tested (`make test PACKAGES=./internal/store/...`).

ARGS          ?=
GOTESTFLAGS   ?=
PACKAGES      ?= ./...

# Packages whose guarantees are about goroutines: `make test-race` runs them
# under the race detector. The folders that do not exist yet are passed over.
RACE_PACKAGES ?= $(patsubst %,./%/...,$(wildcard \
	internal/clock internal/store internal/event internal/bus internal/job \
	internal/presence internal/session internal/httpserver internal/lease internal/reaction \
	internal/channel/email/imap internal/channel/email/listener \
	internal/oauth graph/subscription internal/conversation/live))

# Linters have a module of their own, so that Parley's go.mod stays Parley's.
GOLANGCI_LINT := go tool -modfile=tools/go.mod golangci-lint

# Checks of our own, on the standard library only: one file each in tools/check.
# CHECKS says which of them `make lint` runs; empty: all.
CHECK  := go -C tools run ./check
CHECKS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# It runs the binary, not `go run`, which would leave the server behind when
# it is terminated.
.PHONY: run
run: build ## Build and start the server: embedded SQLite, embedded bus, no configuration
	@exec bin/parley serve $(ARGS)

.PHONY: build
build: ## Build bin/parley
	@[ "$$(go env CGO_ENABLED)" = 1 ] || { echo "build: a C compiler is needed for SQLite: apt-get install gcc libc6-dev" >&2; exit 1; }
	go build -o bin/parley ./cmd/parley

.PHONY: playground
playground: ## Make the committed builds of the GraphQL playground again, with npm
	@scripts/playground.sh

.PHONY: generate
generate: ## Regenerate the code of ent and gqlgen
	go generate ./...

.PHONY: verify
verify: ## Fail if generated code or go.mod is not up to date
	@scripts/verify.sh

.PHONY: test
test: ## Run all tests, on SQLite and, when its server is installed, on PostgreSQL
	@PACKAGES="$(PACKAGES)" scripts/test.sh $(GOTESTFLAGS)

.PHONY: test-race
test-race: ## Run the tests of RACE_PACKAGES under the race detector
ifneq ($(strip $(RACE_PACKAGES)),)
	@PACKAGES="$(RACE_PACKAGES)" scripts/test.sh -race $(GOTESTFLAGS)
else
	@echo "test-race: none of the packages is here"
endif

# The clients of the torture share the machine with the servers: give it two
# cores at least.
TORTURE ?= 10m

.PHONY: torture
torture: ## Torment subscriptions for TORTURE (10m): cuts, kills, a bus that fails
	@PARLEY_TORTURE=$(TORTURE) PACKAGES=./cmd/parley scripts/test.sh -count=1 -timeout=0 -run 'TestTorture$$' -v

SCHEDULES ?= 1000

.PHONY: schedules
schedules: ## Merge and erase contacts, and have bots answer, in SCHEDULES (1000) random orders with what others do
	@PARLEY_SCHEDULES=$(SCHEDULES) PACKAGES="./cmd/parley ./internal/conversation" scripts/test.sh -count=1 -timeout=0 -run 'UnderAnySchedule$$' -v

.PHONY: flows
flows: ## Kill a server at each step of a bot's flow of 30, within it and at its commit: each step exactly once
	@PARLEY_FLOW_KILLS=all PACKAGES=./cmd/parley scripts/test.sh -count=1 -timeout=0 -run 'TestFlowsOutliveKills$$' -v

KILLS ?= 20

.PHONY: connectors
connectors: ## Check the connectors of docs/connectors, and kill each KILLS (20) times
	@PARLEY_CONNECTOR_KILLS=$(KILLS) PACKAGES=./cmd/parley scripts/test.sh -count=1 -timeout=0 -run 'TestConnectors$$' -v

WEBHOOK_EVENTS ?= 25000

.PHONY: webhooks
webhooks: ## Send WEBHOOK_EVENTS (25000) to four endpoints, of which one fails 30 %, one stalls and one is dead
	@PARLEY_WEBHOOK_EVENTS=$(WEBHOOK_EVENTS) PACKAGES=./cmd/parley scripts/test.sh -count=1 -timeout=0 -run 'TestWebhookLoad$$' -v

# The schema as the present code prints it.
SCHEMA := bin/schema.graphql

.PHONY: $(SCHEMA)
$(SCHEMA):
	@mkdir -p bin
	@go run ./cmd/parley schema >$@

.PHONY: api-diff
api-diff: $(SCHEMA) ## Fail if the schema breaks clients of docs/schema-baseline.graphqls unannounced
	@scripts/clients.sh
	@node cmd/parley/clients/api-diff.mjs check docs/api-changelog.md docs/schema-baseline.graphqls $(SCHEMA)

.PHONY: api-changelog
api-changelog: $(SCHEMA) ## Write the schema's changes since the baseline into docs/api-changelog.md
	@scripts/clients.sh
	@node cmd/parley/clients/api-diff.mjs write docs/api-changelog.md docs/schema-baseline.graphqls $(SCHEMA)

.PHONY: api-baseline
api-baseline: $(SCHEMA) ## Make the present schema the baseline that later ones are compared with
	@cp $(SCHEMA) docs/schema-baseline.graphqls

FUZZTIME ?= 60s

.PHONY: fuzz
fuzz: ## Fuzz what reads strangers' mail, each target for FUZZTIME (60s)
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

.PHONY: lint
lint: ## Run the linters and checks; ARGS="--fix" mends what can be mended
	$(GOLANGCI_LINT) run $(ARGS)
	cd tools && go tool golangci-lint run --config ../.golangci.yml $(ARGS) ./check
	$(CHECK) $(CHECKS)

.PHONY: bench-verify
bench-verify: ## Measure how long a million events take to seal and to verify
	PARLEY_BENCH_EVENTS=1000000 go test ./internal/seal -run - -bench Verify -benchtime 1x -timeout 30m

.PHONY: storm
storm: ## Measure the notifications of a bulk change of 10,000 conversations
	PARLEY_STORM=10000 go test ./cmd/parley -run TestStormOfNotifications -v -count=1

.PHONY: bench
bench: ## Measure against the floor, in one run
	go run ./bench $(ARGS)
