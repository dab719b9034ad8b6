# InterTrack. `make` builds, `make demo` shows it, `make test` proves it. See CONTRIBUTING.md.
SHELL := /bin/sh
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
PREFIX ?= /usr/local
SRC := $(shell find src -name '*.ts' -not -path 'src/*/kernel/*') $(shell find src/web/page -type f) vite.config.js
KERNEL := $(wildcard src/packet/kernel/*.ts)
GENERATED := build/grammar.js build/itk1.wasm build/ribbon.wasm

.PHONY: all demo screenshots test check bench internet testbed testbed-real testbed-machines testbed-upgrade testbed-online testbed-fleet testbed-failover security fuzz documented install deb newcomer clean format peers
all: dist/.built

# The lock file decides.
node_modules/.installed: package.json package-lock.json
	@contrib/install-modules
	@touch $@

build/grammar.js: src/config/grammar.peggy node_modules/.installed
	@mkdir -p build
	peggy --format es --dts -o $@ $<

build/itk1.wasm: $(KERNEL) node_modules/.installed
	@mkdir -p build
	asc src/packet/kernel/itk1.ts -O3 --noAssert --runtime stub --importMemory --enable simd -o $@

build/ribbon.wasm: src/probe/kernel/ribbon.ts node_modules/.installed
	@mkdir -p build
	asc $< -O3 --noAssert --runtime stub --importMemory --initialMemory 16 -o $@

# The JSON Schemas of answers, from the types of their rows.
build/answers.schema.json: $(SRC) contrib/schema/answers.ts node_modules/.installed
	@mkdir -p build
	node contrib/schema/answers.ts >$@.new
	@mv $@.new $@

dist/.built: $(GENERATED) build/answers.schema.json $(SRC) tsconfig.json tsconfig.build.json
	@rm -rf dist
	tsc -p tsconfig.build.json
	vite build
	@touch $@

# Types, lint (with the import boundaries of DESIGN 3), format.
check: $(GENERATED)
	tsc
	tsc -p tsconfig.page.json
	biome ci --error-on-warnings .

format: node_modules/.installed
	biome check --write .

# Border routers and tools the tests talk to; says what it could not install.
peers:
	@contrib/install-peers

# Files beside each other: most of the time is that of routers' timers. What a file prints comes when it is through. Those of
# test/order.txt begin first: the long ones, so that none is left to run alone at the end, and among those that wait always one
# that computes. A name there that is no file any more is passed over. The compiler's work is kept between the processes.
TESTS = $(sort $(shell find test -name '*.test.ts'))
FIRST = $(filter $(TESTS),$(shell cat test/order.txt))
test: check dist/.built peers
	@INTERTRACK_BUILT=1 NODE_COMPILE_CACHE="$(CURDIR)/build/compile-cache" mocha --parallel --jobs $(or $(JOBS),4) $(FIRST) $(filter-out $(FIRST),$(TESTS))

demo: dist/.built
	@contrib/install-peers bird
	contrib/demo/run

# Pictures of the page, of the daemons of `make demo`, in contrib/screenshots. Those in Japanese want a font of it.
screenshots: dist/.built
	@contrib/install-peers bird chromium pngquant
	node contrib/screenshots/take.ts

bench: dist/.built
	test/bench/run

# The search for a source on a made graph of the size of the Internet, or on one in CAIDA's form: `make internet GRAPH=FILE`.
# PARTICIPATION=top500+10 (the largest 500 and 10 percent of the others), 30 (percent of all), several with commas: those rows alone.
internet: $(GENERATED)
	node test/lab/internet/table.ts $(or $(ASES),80000) $(or $(TRACES),400) $(or $(SEED),1) $(or $(PARTICIPATION),all) $(GRAPH)

# Managers of N ASes in few processes, over TLS: `make testbed N=1000 PARTICIPATION=30 DELAY=0 FAULTS=0 SEED=1`; more names in
# test/lab/large/run.ts.
LARGE := N PARTICIPATION DELAY FAULTS TCP SEED TRACES ATONCE ROUNDS PROCESSES
testbed: $(GENERATED) $(if $(REAL),dist/.built)
ifdef REAL
	node test/lab/real/run.ts $(DIRECTORY)
else
	node test/lab/large/run.ts $(foreach name,$(LARGE),$(if $($(name)),$(name)=$($(name))))
endif

# Nine ASes in network namespaces, with BIRD and FRR, real senders and real captures: all traces, and a picture of each in
# build/testbed-real. The same as `make testbed REAL=1`.
testbed-real: dist/.built
	node test/lab/real/run.ts $(DIRECTORY)

# Machines that share the work, with NATS and PostgreSQL, in rounds of faults: `make testbed-machines ROUNDS=100 SEED=1`.
testbed-machines: dist/.built
	@contrib/install-peers nats-server initdb faketime
	INTERTRACK_BUILT=1 node test/lab/machines/run.ts $(foreach name,ROUNDS SEED LASTS LOAD ROUTES NATS POSTGRESQL,$(if $($(name)),$(name)=$($(name)))) $(if $(FAULT),"FAULT=$(FAULT)")

# One machine after the other taken from the program at a revision of git to this one, back and forward again:
# `make testbed-upgrade FROM=v1.0 ROUNDS=3 SEED=1`. FROM left out: the latest tag, or the revision before this one.
testbed-upgrade: dist/.built
	@contrib/install-peers nats-server initdb
	INTERTRACK_BUILT=1 node test/lab/upgrade/run.ts $(foreach name,FROM ROUNDS SEED,$(if $($(name)),$(name)=$($(name))))

# Many collectors, played in one process, and what the machines with cases, NATS and PostgreSQL need for them:
# `make testbed-fleet COLLECTORS=25 PEERS=60`; more names in test/lab/fleet/run.ts.
testbed-fleet: dist/.built
	@contrib/install-peers nats-server initdb
	INTERTRACK_BUILT=1 node test/lab/fleet/run.ts $(foreach name,COLLECTORS PEERS CASES SEEN RATE HELD PARTITIONS MACHINES,$(if $($(name)),$(name)=$($(name))))

# How long cases stand still when a machine with cases, or PostgreSQL's primary, is gone: `make testbed-failover TIMES=10`; more
# names in test/lab/fleet/failover.ts.
testbed-failover: dist/.built
	@contrib/install-peers nats-server initdb
	INTERTRACK_BUILT=1 node test/lab/fleet/failover.ts $(foreach name,COLLECTORS PEERS HELD PARTITIONS TIMES STANDBY KINDS,$(if $($(name)),$(name)=$($(name))))

# How long who writes waits while the schema of the shared database is changed: `make testbed-online ROWS=300000`.
testbed-online: node_modules/.installed
	@contrib/install-peers initdb
	node test/lab/upgrade/online.ts $(if $(ROWS),ROWS=$(ROWS))

# What is tried of what a hostile AS can do, by the names of the tests.
HOSTILE := test/traceback/bad-input.test.ts test/traceback/hostile.test.ts test/traceback/peering.test.ts \
	test/traceback/liars.test.ts test/traceback/honesty.test.ts test/traceback/sight.test.ts test/traceback/proof.test.ts \
	test/traceback/restart.test.ts test/traceback/signed.test.ts test/traceback/members.test.ts
security: $(GENERATED)
	@mocha --dry-run --reporter spec $(HOSTILE)

# Where each command is told of: manual, OpenAPI, completion, schemas; and how many fields of answers say what they mean.
documented: $(GENERATED) build/answers.schema.json
	@node test/vty/command-coverage.ts

# Every decoder, with one processor and no more than is left over: `make fuzz SECONDS=600`.
fuzz: $(GENERATED)
	nice -n 19 node --expose-gc test/fuzz/run.ts $(or $(SECONDS),60)

# As a Debian package would lay it out: `make install DESTDIR=/tmp/x PREFIX=/usr`.
install: dist/.built
	@contrib/install "$(DESTDIR)" "$(PREFIX)"

# A package for Debian in dist/deb.
deb: dist/.built
	@contrib/deb

# README's first hour, typed into a clean Debian 12 and timed; then what becomes of the package there. Root, and ten to twenty
# minutes.
newcomer: node_modules/.installed
	@test/lab/newcomer/run

clean:
	rm -rf build dist coverage
