# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thin layer: each target calls one script of scripts/ or selftests/, which
# does the work and can be run by hand.

BASE ?= 6.12
ARCH ?= x86_64
export BASE ARCH

# SHELL=1 is a user's word here, for "make vm", and make's own for something else.
vm_options := $(if $(filter 1,$(GDB)),--gdb) $(if $(filter 1,$(KEEP)),--keep)
ifeq ($(SHELL),1)
override SHELL := /bin/sh
MAKEOVERRIDES := $(filter-out SHELL=%,$(MAKEOVERRIDES))
vm_options += --shell
endif

.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Cheap and likely to fail first; nothing after a "wait" runs if something before
# it has failed.
SCENARIOS := kunit crash kselftest reboot designate crash-bookworm refusals direct-map \
	stores panics dm-crypt wipes ring-revoked reboot-once reboot-systemd reboot-no-feature \
	hibernation clock latency dm-crypt-bookworm unprivileged \
	check reboot-shim volumes hostile hostile-range no-feature-first no-feature-next \
	crash-nokaslr crash-luks1 crash-nowipe

CHECKS := scripts/check-series "make -s -C userspace check" wait \
	scripts/kernel-builds "make -s guest-builds" wait \
	$(foreach scenario,$(SCENARIOS),"selftests/vm/vm $(scenario)") wait \
	scripts/check-prefixes

# Kernels that watch themselves, and what takes long.
ALL_CHECKS := wait "scripts/kernel-builds debug kcsan" wait \
	$(foreach scenario,races races-kcsan faults panics-200,"selftests/vm/vm $(scenario)") \
	$(foreach scenario,crash kselftest reboot-once,"selftests/vm/vm --first debug $(scenario)")

check: deps ## the tests
	@selftests/run $(CHECKS)

check-all: deps ## the same, and on debug kernels, and what takes hours
	@selftests/run $(CHECKS) $(ALL_CHECKS)

# Each object that is not cached is then preprocessed once only; but no other
# variant of the kernel finds it in the cache.
demo: export CCACHE_DEPEND := 1
demo: deps kernel shim kselftests ## the main job as a story: panic, open the encrypted disk, dump
	@selftests/vm/demo

bench: deps kernel shim kselftests ## the benchmarks, with their report
	@VARIANT=off scripts/kernel
	@selftests/vm/bench

kernel: deps ## build/kernel/BASE-ARCH[-VARIANT]/bzImage: the test kernel; VARIANT=off, nowipe, debug, kcsan
	@scripts/kernel

shim: deps ## build/userspace/kexec-keys
	@$(MAKE) --no-print-directory -C userspace

kselftests: deps ## build/kselftest/install: the series' kselftests
	@scripts/kselftests

vm: deps kernel shim kselftests ## one end-to-end scenario: TEST=crash [GDB=1 KEEP=1 SHELL=1]
	@selftests/vm/vm $(vm_options) $(TEST)

tree: deps ## build/tree/BASE: Debian's source with the series as git commits
	@scripts/tree

edit: ## bring FILE=… of the source under git, before changing it
	@scripts/edit "$(FILE)"

export: ## patches/BASE, kernel/ and what else derives from the commits in build/tree/BASE
	@scripts/export

absorb: ## take an edit made in kernel/ into the commits in build/tree/BASE
	@scripts/absorb

check-series: deps ## can a maintainer take the series as it is?
	@scripts/check-series

check-prefixes: deps ## what each patch leaves builds, feature off and on; no new warning
	@scripts/check-prefixes

deps:
	@scripts/deps

guest-builds:
	@{ $(MAKE) --no-print-directory -C userspace && scripts/kselftests; } >&2
	@echo 1..1 && echo ok 1 - the shim and the kselftests build

.PHONY: help demo check check-all bench kernel shim kselftests vm tree edit export absorb check-series check-prefixes deps \
	guest-builds
