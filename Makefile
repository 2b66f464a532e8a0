# Everything that is built goes to .build; `make` alone says what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
IMAGE    ?= weir
FUZZTIME ?= 30s
SEEDS    ?= 2000
FIRST    ?= 1
ENGINE   ?= $(firstword $(notdir $(shell command -v docker podman)))

# The local cluster is a module of its own; its version goes into its binary.
KUBERNETES = $(shell awk '$$1 == "k8s.io/kubernetes" { print $$2 }' cmd/localcluster/go.mod)
KUBERNETES_LDFLAGS = -s -w \
	-X k8s.io/component-base/version.gitVersion=$(KUBERNETES) \
	-X k8s.io/component-base/version.gitMajor=$(subst v,,$(word 1,$(subst ., ,$(KUBERNETES)))) \
	-X k8s.io/component-base/version.gitMinor=$(word 2,$(subst ., ,$(KUBERNETES)))
LOCALCLUSTER := .build/localcluster .build/istio-crds.yaml

# What Istio's own validation says is recorded by a program named by its version.
RECORDER := .build/istio-verdicts-$(shell awk '$$1 == "istio.io/istio" { print $$2 }' .ci/tools/istio/go.mod 2>/dev/null)
VERDICTS := rollout/istio/testdata/verdicts
LOCALCLUSTER_SOURCES := $(filter-out %_test.go,$(wildcard cmd/localcluster/*.go)) cmd/localcluster/go.mod cmd/localcluster/go.sum

.PHONY: help
help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build weir to .build/weir
	@.ci/build .build/weir . ./cmd/weir -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: demo
demo: $(LOCALCLUSTER) build ## show the main job on a real API server and a real Git server; KEEP=1 leaves them running
	@.ci/build .build/demo . ./cmd/demo
	@.build/demo --localcluster .build/localcluster --weir .build/weir $(if $(filter 1,$(KEEP)),--keep)

.PHONY: test
test: $(LOCALCLUSTER) $(RECORDER) .build/conftest ## run every test; nothing is skipped
	@$(RECORDER) $(VERDICTS)
	@WEIR_CONFTEST=$(CURDIR)/.build/conftest .build/localcluster -- .ci/test

.PHONY: verdicts
verdicts: $(LOCALCLUSTER) $(RECORDER) ## record anew what Istio, an API server and weir say of the objects in rollout/istio
	@$(RECORDER) -write $(VERDICTS)
	@.build/localcluster -- go test ./agent/kube -count 1 -run '^TestTheAPIServerSaysOfEachObjectWhatIsRecorded$$' -update
	@go test ./rollout/istio -count 1 -run '^TestEachVerdict' -update

.PHONY: lint
lint: $(LOCALCLUSTER) ## check format and code of all modules
	@.ci/lint

.PHONY: generate
generate: ## write the generated files anew
	go generate ./...

.PHONY: verify
verify: ## check that generated files and go.mod are fresh
	@.ci/verify

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (30s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: mutants
mutants: ## break weir in one place at a time and see that the simulator notices; ONLY=regexp tries some
	go run .ci/mutants.go $(if $(ONLY),-only '$(ONLY)')

.PHONY: simulate
simulate: ## play SEEDS (2000) stories from seed FIRST (1) on, with gates if GATES=1, and say what struck how often
	@GOGC=800 go test ./agent/agenttest/simulator -count 1 -timeout 0 -run '^TestNoStoryBreaksAPromise$$' \
		-v -simulate.table -simulate.seeds $(SEEDS) -simulate.first $(FIRST) -simulate.gates=$(if $(filter 1,$(GATES)),true,false)

.PHONY: bench
bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-check
bench-check: build .build/conftest .build/kustomize ## hold weir check against kustomize and conftest, side by side on fleets of 200 and 1,000 services
	go run ./.ci/bench

.PHONY: image
image: ## build the container image; needs docker or podman
	@[[ "$(ENGINE)" ]] || { echo 'make image needs docker or podman, or ENGINE=' >&2; exit 1; }
	$(ENGINE) build --build-arg VERSION=$(VERSION) --tag $(IMAGE):$(VERSION) .

.PHONY: clean
clean: ## remove what was built
	rm -rf .build

.build/localcluster: $(LOCALCLUSTER_SOURCES)
	@echo 'Building the local cluster, a Kubernetes API server: some eight minutes on two cores the first time, less than one after that.'
	@.ci/build $@ cmd/localcluster . -ldflags '$(KUBERNETES_LDFLAGS)'

$(RECORDER): $(wildcard .ci/tools/istio/*.go) .ci/tools/istio/go.mod .ci/tools/istio/go.sum
	@echo "Building Istio's own validation: about one minute on two cores the first time."
	@.ci/build $@ .ci/tools/istio . -tags agent -ldflags '-s -w'

.build/conftest: .ci/tools/conftest/go.mod .ci/tools/conftest/go.sum
	@echo 'Building conftest, which the policies are held against: some three minutes on two cores the first time.'
	@.ci/build $@ .ci/tools/conftest github.com/open-policy-agent/conftest -ldflags '-s -w'

.build/kustomize: .ci/tools/kustomize/go.mod .ci/tools/kustomize/go.sum
	@.ci/build $@ .ci/tools/kustomize sigs.k8s.io/kustomize/kustomize/v5 -ldflags '-s -w'

.build/istio-crds.yaml: cmd/localcluster/go.mod
	@mkdir -p $(@D)
	@cd cmd/localcluster && go mod download istio.io/api
	@install -m 644 "$$(cd cmd/localcluster && go list -m -f '{{.Dir}}' istio.io/api)/kubernetes/customresourcedefinitions.gen.yaml" $@
