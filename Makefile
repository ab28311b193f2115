# SPDX-License-Identifier: GPL-2.0-only
#
# make              build/iostage and its man pages
# make deps         install the Debian packages that the build and the tests need
# make demo         record reads and fsyncs on a scratch ext4, print both breakdowns, and in the lab
#                   what the async stack makes of them
# make test         every test; the cheap ones first
# make bench-overhead  what recording costs, beside other tracers; BENCH_ARGS=--quick for a look
# make experiments  what the async stack gains, in the lab: tables in results/experiments, an hour or two;
#                   make results/experiments/NAME.md for one of them
# make install      DESTDIR and PREFIX are honoured
# make clean
# make format-check, lint, compilers, test-unit, test-fuzz, test-cli, test-live, test-lab
#                   one section of make test
# make test-async   the async stack in the lab: its checker, iostage async, installation
# make baseline     what the lab's gate judges by, from this tree and the archive's kernels

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
PREFIX ?= /usr/local
VERSION ?= 0.1
# Seconds that each fuzzer runs in make test.
FUZZ_SECONDS ?= 20

# Tools in /usr/sbin (bpftool, mkfs, losetup) are not in everybody's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

# make V=1 shows the commands.
Q := $(if $(V),,@)
say = @printf '  %-5s %s\n' $(1) '$@'

SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

BUILD_PACKAGES := make gcc libc6-dev clang libbpf-dev libelf-dev zlib1g-dev libjansson-dev liburing-dev \
	pkg-config bpftool scdoc
TEST_PACKAGES := libcmocka-dev libclang-rt-14-dev clang-format shellcheck bats parallel jq git \
	libxml2-utils \
	util-linux mount procps e2fsprogs xfsprogs fio
LAB_PACKAGES := qemu-system-x86 busybox-static cpio xz-utils zstd kmod ca-certificates dmsetup \
	gcc-12 patch binutils pahole
BENCH_PACKAGES := bpftrace libbpf-tools

.DELETE_ON_ERROR:
.PHONY: all deps demo test bench-overhead install clean format-check lint FORCE
all:

# What is missing is asked for by name; nothing happens, quietly, where nothing is.
deps:
	@missing=; for p in $(BUILD_PACKAGES) $(TEST_PACKAGES) $(LAB_PACKAGES) \
		$(BENCH_PACKAGES) $(MORE_PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || \
			missing="$$missing $$p"; \
	done; \
	test -z "$$missing" || { echo "installing:$$missing"; \
		$(SUDO) apt-get -q update && \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive \
			apt-get -qy install --no-install-recommends $$missing; }

# --- BPF ---------------------------------------------------------------------------------

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:bpf/%.c=build/bpf/%.o)
SKELETON := $(if $(BPF_SOURCES),build/iostage.skel.h)

MULTIARCH = $(eval MULTIARCH := $(shell gcc -print-multiarch))$(MULTIARCH)
BPF_CFLAGS = -target bpf -mcpu=v3 -g -O2 -Wall -Werror -D__TARGET_ARCH_x86 \
	-Iinclude -Ibpf -idirafter /usr/include/$(MULTIARCH)

build/bpf/%.o: bpf/%.c Makefile
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

# The calibration's programs are loaded first: where the kernel refuses trampolines, it says
# so before it has verified anything else.
BPF_FIRST := build/bpf/calibrate.bpf.o
build/iostage.bpf.o: $(BPF_FIRST) $(filter-out $(BPF_FIRST),$(BPF_OBJECTS))
	$(call say,LINK)
	$(Q)bpftool gen object $@ $^

build/iostage.skel.h: build/iostage.bpf.o
	$(call say,SKEL)
	$(Q)bpftool gen skeleton $< name iostage_bpf > $@

# --- the program -------------------------------------------------------------------------

# In the order in which the data flows
CLI_PARTS := async record paths capture analysis render
SOURCES := $(wildcard cli/*.c $(CLI_PARTS:%=cli/%/*.c))
LIBRARIES := libbpf libelf jansson liburing
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(LIBRARIES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(LIBRARIES)) -lm)$(PKG_LIBS)

WARNINGS := -Wall -Wextra -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARNINGS) -Iinclude -Icli $(CLI_PARTS:%=-Icli/%) -Ibuild $(PKG_CFLAGS)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Kept up to date by content: a commit alone rebuilds nothing.
build/version.h: FORCE
	@mkdir -p $(@D)
	@version=$$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null || echo $(VERSION)); \
	echo "#define IOSTAGE_VERSION \"$${version#v}\"" > $@.new; \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# One build of the user-space part: its folder, its compiler, its flags. Everything but
# main.c goes into an archive, so that a test links only what it tests.
define build_in
$(1)_OBJECTS := $(SOURCES:cli/%.c=$(1)/%.o)

$(1)/%.o: cli/%.c Makefile | build/version.h $(SKELETON)
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$(2) $$(ALL_CFLAGS) $(3) -MMD -MP -c $$< -o $$@

$(1)/libiostage.a: $$(filter-out $(1)/main.o,$$($(1)_OBJECTS))
	@rm -f $$@
	$$(Q)$(AR) rcs $$@ $$^

$(1)/iostage: $(1)/main.o $(1)/libiostage.a
	$$(call say,LINK)
	$$(Q)$(2) $(3) $$(LDFLAGS) $$^ $$(PKG_LIBS) -o $$@

-include $$($(1)_OBJECTS:.o=.d)
endef

$(eval $(call build_in,build/obj,$(CC),$(CFLAGS)))
$(eval $(call build_in,build/gcc,gcc,-O2 -g))
$(eval $(call build_in,build/clang,$(CLANG),-O2 -g))
$(eval $(call build_in,build/san,gcc,-O1 -g $(SANITIZE)))
$(eval $(call build_in,build/fuzz,$(CLANG),-O1 -g -fsanitize=fuzzer-no-link $(SANITIZE)))
-include $(BPF_OBJECTS:.o=.d)

build/iostage: build/obj/iostage
	@ln -f $< $@

# --- man pages ---------------------------------------------------------------------------

MAN := $(patsubst cli/man/%.scd,build/man/%,$(wildcard cli/man/*.scd))

build/man/%: cli/man/%.scd
	@mkdir -p $(@D)
	$(call say,MAN)
	$(Q)scdoc < $< > $@

# The table of stages, as scdoc takes it.
build/stages.scd: cli/man/stages.in include/stages.h
	@mkdir -p $(@D)
	$(Q)$(CC) -E -P -xc -Iinclude $< | tr @ '\n' | \
		sed -nE 's/^ "(.*)" "(.*)" "(.*)" "(.*)".*/*\1* (\2, \3)\n\t\4\n/; s/ \(, \)//; /^\*/p' >$@
	$(Q)test -s $@

build/man/iostage-stages.7: cli/man/iostage-stages.7.scd build/stages.scd
	@mkdir -p $(@D)
	$(call say,MAN)
	$(Q)sed -e '/^@STAGES@$$/{r build/stages.scd' -e 'd}' $< | scdoc >$@

all: build/iostage $(MAN)

install: all
	install -D -m 755 build/iostage $(DESTDIR)$(PREFIX)/bin/iostage
	for page in $(MAN); do \
		install -D -m 644 $$page \
			$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; \
	done

clean:
	rm -rf build

# --- tests -------------------------------------------------------------------------------

# Headers are left out: clang-format 14 can keep neither their tables nor the comments
# that stand in a column.
format-check:
	$(Q)clang-format --dry-run -Werror $(wildcard cli/*.c cli/*/*.c bpf/*.c tests/unit/*.c tests/live/*.c \
		tests/bench/*.c tests/lab/*.c tests/async/*.c tests/experiments/*.c)

SHELL_SOURCES = $(wildcard .ci/run patches/*.sh tests/*.sh tests/cli/*.bats tests/cli/*.bash \
	tests/live/*.bats tests/live/*.bash tests/bench/*.sh tests/lab/*.bats tests/lab/*.sh tests/lab/lab \
	tests/lab/late/* tests/lab/slow/* tests/async/*.sh tests/async/*.bash tests/async/*.bats tests/experiments/*.sh)

lint:
	$(Q)shellcheck -x $(SHELL_SOURCES)

UNIT_TESTS := $(patsubst tests/unit/%.c,build/san/tests/%,$(wildcard tests/unit/*_test.c))

build/san/tests/%: tests/unit/%.c build/san/libiostage.a Makefile
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)gcc $(ALL_CFLAGS) -Itests/unit -O1 -g $(SANITIZE) -MMD -MP -MF $@.d -MT $@ $< \
		build/san/libiostage.a $(PKG_LIBS) -lcmocka -o $@

-include $(UNIT_TESTS:%=%.d)

.PHONY: test-unit
test-unit: $(UNIT_TESTS)
	@failed=; for t in $^; do echo "-- $${t##*/}"; $$t || failed="$$failed $${t##*/}"; done; \
	test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

FUZZERS := $(patsubst tests/unit/%.c,build/fuzz/%,$(wildcard tests/unit/fuzz_*.c))

$(FUZZERS): build/fuzz/%: tests/unit/%.c build/fuzz/libiostage.a Makefile
	$(call say,FUZZ)
	$(Q)$(CLANG) $(ALL_CFLAGS) -Itests/unit -O1 -g -fsanitize=fuzzer $(SANITIZE) $< \
		build/fuzz/libiostage.a $(PKG_LIBS) -o $@

# The corpus that grows is kept in build/; a crashing input is left beside it.
.PHONY: test-fuzz
test-fuzz: $(FUZZERS)
	$(Q)$(MAKE) --no-print-directory -j "$$(nproc)" $(FUZZERS:%=%.run)
$(FUZZERS:%=%.run): %.run: %
	@mkdir -p $<.corpus
	$< -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -rss_limit_mb=1024 \
		-timeout=10 -print_final_stats=1 -verbosity=0 -artifact_prefix=build/fuzz/ \
		$<.corpus $(wildcard tests/unit/corpus)

# By both compilers, and all that is tested; on all processors.
BUILT = build/gcc/iostage build/clang/iostage build/gcc/bench build/clang/bench $(MAN) \
	$(UNIT_TESTS) $(FUZZERS) $(addprefix build/,iostage san/iostage live/io live/ring lab/io)

.PHONY: compilers
compilers:
	$(Q)$(MAKE) --no-print-directory -j "$$(nproc)" $(BUILT)

.PHONY: test-cli test-live test-lab test-async
test-cli: build/san/iostage
	IOSTAGE=$(CURDIR)/$< bats --timing tests/cli

build/live/io: tests/live/io.c
build/live/ring: tests/live/ring.c
build/live/ring: LIVE_LIBS = -luring
build/lab/io: tests/lab/io.c
build/lab/checker: tests/async/checker.c
build/lab/powercut: tests/async/powercut.c
build/lab/fsyncs: tests/async/fsyncs.c
build/lab/mail: tests/experiments/mail.c
build/lab/callers: tests/async/callers.c
build/live/io build/live/ring $(addprefix build/lab/,io checker powercut fsyncs mail callers): Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) -O2 -g $(filter %.c,$^) -pthread $(LIVE_LIBS) -o $@

test-live: build/iostage build/live/io build/live/ring
	$(SUDO) env IOSTAGE=$(CURDIR)/$< bats --timing tests/live

PRELOADS := $(addprefix build/lab/,no_trampolines.so empty_programs.so few_programs.so)

$(PRELOADS): build/lab/%.so: tests/lab/%.c tests/lab/bpf_load.h Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) -O2 -g -shared -fPIC $< -o $@

# Each of these boots two guests at once; of the others, each test boots one.
TWO_GUESTS := $(addprefix tests/lab/,breakdown.bats uring.bats)

test-lab: build/iostage build/lab/io
	@failed=; bats --timing $(TWO_GUESTS) || failed=1; \
	bats --timing --jobs 2 $(filter-out $(TWO_GUESTS),$(wildcard tests/lab/*.bats)) || failed=1; \
	test -z "$$failed"

.PHONY: baseline
baseline: build/iostage build/lab/io
	tests/lab/gate.sh --renew 6.1
	tests/lab/gate.sh --renew 6.12

# What the patches must never do, and how they are switched and installed: an hour, and not a
# part of make test.
test-async: build/iostage $(addprefix build/lab/,checker io powercut fsyncs callers)
	bats --timing tests/async

# What the async stack gains. Each table is made anew, and stays as it is where its experiment fails.
EXPERIMENTS := off reads fsync ablation submission price threads applications

.PHONY: experiments
experiments: MORE_PACKAGES := rocksdb-tools
experiments: deps $(EXPERIMENTS:%=results/experiments/%.md)
results/experiments/%.md: tests/experiments/%.sh FORCE | build/iostage build/lab/io build/lab/mail
	@mkdir -p $(@D)
	tests/experiments/$*.sh >build/$*.md
	@mv build/$*.md $@
	$(if $(filter reads,$*),awk -f tests/experiments/chart.awk $@ >$(@:%.md=%.svg))

# A section runs to its end; the first one that fails is the last.
SECTIONS := format-check lint compilers test-unit \
	$(if $(wildcard tests/unit/fuzz_capture.c),test-fuzz) \
	$(if $(wildcard tests/cli/*.bats),test-cli) \
	$(if $(wildcard tests/live/*.bats),test-live) \
	$(if $(wildcard tests/lab/*.bats),test-lab)

test: deps
	@for section in $(SECTIONS); do \
		printf '\n==== %s\n' $$section; \
		$(MAKE) --no-print-directory $$section || { echo "==== $$section FAILED"; exit 1; }; \
	done; printf '\n==== all passed\n'

demo: deps
	@$(MAKE) --no-print-directory -s build/iostage
	@$(SUDO) tests/demo.sh
	@$(MAKE) --no-print-directory -s build/lab/io
	@tests/demo_async.sh

# --- benchmarks --------------------------------------------------------------------------

build/gcc/bench build/clang/bench: build/%/bench: tests/bench/bench.c Makefile
	@mkdir -p $(@D)
	$* -std=gnu11 $(WARNINGS) -O2 -g $< -pthread -o $@

bench-overhead: deps build/gcc/bench
	@$(MAKE) --no-print-directory -s build/iostage
	@$(SUDO) tests/bench/overhead.sh $(BENCH_ARGS)
