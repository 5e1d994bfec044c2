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
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Cheap and likely to fail first; nothing after a "wait" runs if something before
# it has failed.
SCENARIOS := kunit crash kselftest reboot designate crash-bookworm refusals direct-map \
	stores panics dm-crypt wipes ring-permanent reboot-once reboot-systemd reboot-no-feature \
	hibernation clock latency dm-crypt-bookworm unprivileged kaslr noio ring-held crash-region fixed-crash-region unload \
	check reboot-shim unattended boot-scripts options volumes stacks detached keyrings tokens tokens-tpm2 passphrase cryptsetup-patch cryptroot crypttab strings \
	vmcore-keys hostile hostile-range no-feature-first no-feature-next debian13 \
	crash-nokaslr crash-luks1 crash-nowipe probe

# Of the architectures with a device tree, the fastest in every run.
FDT_SCENARIOS := kunit crash kselftest hostile-range generations
MORE_FDT_SCENARIOS := designate wipes ring-permanent refusals direct-map hostile stores dm-crypt reboot vmcore-keys

vm_on = $(foreach scenario,$(2),"env ARCH=$(1) selftests/vm/vm $(scenario)")
builds_on = "env ARCH=$(1) scripts/kernel-builds ''" "env ARCH=$(1) make -s guest-builds"

# Directories of Python's unit tests.
UNITTESTS := scripts/tests selftests/runner/tests selftests/vm/tests

CHECKS := "scripts/unittest-tap $(UNITTESTS)" \
	scripts/check-series \
	scripts/check-absorb \
	selftests/mutants/check \
	scripts/check-shell \
	scripts/check-readme \
	"make -s -C userspace check" \
	selftests/cryptsetup-initramfs \
	selftests/ci/check \
	packaging/check wait \
	scripts/kernel-builds \
	"make -s guest-builds" \
	"make -s cryptsetup-builds" \
	$(call builds_on,arm64) \
	selftests/codec/big-endian \
	"make -s -C selftests/codec check" \
	"make -s -C selftests/fuzz check" \
	packaging/check-lifecycle wait \
	"make -s deb-test-kernel-builds" wait \
	scripts/check-other-release \
	"userspace/tests/completion build/userspace" \
	userspace/tests/mutate \
	selftests/check-kselftests \
	"build/kselftest/install/kexec_keys/vmtest.sh -e -k build/kernel/$(BASE)-x86_64/bzImage" \
	$(foreach scenario,$(SCENARIOS),"selftests/vm/vm $(scenario)") \
	$(call vm_on,arm64,$(FDT_SCENARIOS) no-clock) \
	scripts/check-prefixes

# Kernels that watch themselves, what takes long, and the rest of the architectures.
ALL_CHECKS := wait "scripts/kernel-builds mutants smack hotplug ima debug kcsan debug+unlocked kcsan+unlocked" \
	"env ARCH=arm64 scripts/kernel-builds 64k mutants off" "selftests/kunit s390 s390x-linux-gnu-" \
	$(call builds_on,ppc64le) $(call builds_on,riscv64) "make -s deb-kernel-builds" wait \
	selftests/mutants/each "env ARCH=arm64 selftests/mutants/each" "userspace/tests/mutate --all" \
	$(foreach scenario,labels hot-added ima races races-unlocked races-kcsan races-kcsan-unlocked faults panics-200 reboot-20,"selftests/vm/vm $(scenario)") \
	$(foreach scenario,crash kselftest stores hostile direct-map reboot reboot-once dm-crypt ring-held hibernation,"selftests/vm/vm --kernel debug $(scenario)") \
	$(foreach system,initramfs-tools btrfs dracut dracut-no-systemd kdumpbase autopkgtest stock,"selftests/vm/vm debian13-$(system)") \
	$(call vm_on,arm64,crash-uefi generations-uefi reboot-no-feature reboot-no-feature-uefi crash-64k panics $(MORE_FDT_SCENARIOS)) \
	$(call vm_on,ppc64le,$(FDT_SCENARIOS) panics crash-region-overlap $(filter-out direct-map,$(MORE_FDT_SCENARIOS))) \
	$(call vm_on,riscv64,$(FDT_SCENARIOS) no-clock $(MORE_FDT_SCENARIOS)) wait \
	"scripts/check-prefixes --boot" \
	$(foreach arch,arm64 ppc64le riscv64,"env ARCH=$(arch) scripts/check-prefixes")

# The deadline of a run counts from here, installing packages included.
STARTED := $(shell date +%s)
run = selftests/run --since $(STARTED) $(if $(ONLY),--only '$(ONLY)')

check: deps deps-packages deps-arm64 deps-s390x ## the tests [ONLY=REGEX, those whose command line matches]
	@$(run) $(CHECKS)

check-all: deps deps-packages deps-arm64 deps-s390x deps-ppc64le deps-riscv64 ## the same, and on debug kernels, and what takes hours; goes on where it was broken off
	@$(run) -k --resume --deadline 0 $(CHECKS) $(ALL_CHECKS)

# A command line a line.
list-check:
	@printf '%s\n' $(CHECKS)

list-check-all:
	@printf '%s\n' $(ALL_CHECKS)

results: ## the table of what was run: test, architecture, when, at which commit
	@selftests/run --table $(CHECKS) $(ALL_CHECKS)

# Each object that is not cached is then preprocessed once only; but no other
# variant of the kernel finds it in the cache.
demo: export CCACHE_DEPEND := 1
demo: deps kernel shim kselftests ## the main job as a story: panic, open the encrypted disk, dump
	@selftests/vm/demo

bench: deps kernel shim kselftests ## the benchmarks, with their report
	@VARIANT=off scripts/kernel
	@selftests/vm/bench

kernel: deps ## build/kernel/BASE-ARCH[-VARIANT]: the test kernel; VARIANT=off, nowipe, stacks, debug, kcsan, 64k
	@scripts/kernel

shim: deps ## build/userspace[-ARCH]/kexec-keys
	@scripts/shim

deb: deps-packages ## build/packages: the shim as a Debian package, looked at by lintian
	@scripts/deb

rpm: deps-packages ## build/packages: the shim as RPM packages
	@scripts/rpm

deb-kernel: deps-packages ## build/packages: the kernel as a Debian package, for QEMU's machine
	@scripts/deb-kernel

deb-test-kernel: deps ## build/packages: the test kernel as a Debian package
	@scripts/deb-test-kernel

kselftests: deps ## build/kselftest/install: the series' kselftests
	@scripts/kselftests

cryptsetup: deps ## build/cryptsetup/cryptsetup: Debian's, with patches/cryptsetup
	@scripts/cryptsetup

vm: deps kernel shim kselftests $(if $(filter debian13,$(TEST)),deb deb-test-kernel) $(if $(filter debian13-%,$(TEST)),deb deb-kernel) ## one end-to-end scenario: TEST=crash [ARCH=arm64 GDB=1 KEEP=1 SHELL=1]
	@selftests/vm/vm $(vm_options) $(TEST)

fuzz: deps ## fuzz the codec and the shim's parsers [TIME=3600: seconds for each target, TARGET=decoder]
	@$(MAKE) -s -C selftests/fuzz fuzz

tree: deps ## build/tree/BASE: Debian's source with the series as git commits
	@scripts/tree

edit: ## bring FILE=… of the source under git, before changing it
	@scripts/edit "$(FILE)"

export: ## patches/BASE, kernel/ and what else derives from the commits in build/tree/BASE
	@scripts/export

absorb: ## take an edit made in kernel/, Documentation/ or selftests/kexec_keys/ into the commits in build/tree/BASE
	@scripts/absorb

check-series: deps ## can a maintainer take the series as it is?
	@scripts/check-series

mutants: deps tree ## would the unit tests notice any fault of one line in a parser? some 1500, a quarter of an hour
	@userspace/tests/mutate --all

check-prefixes: deps ## what each patch leaves builds, feature off and on; no new warning [BOOT=1: it boots]
	@scripts/check-prefixes $(if $(filter 1,$(BOOT)),--boot)

check-kdump-utils: deps ## the patch and the advice for Fedora's kdump: KDUMP_UTILS=DIR, a checkout
	@scripts/check-kdump-utils "$(KDUMP_UTILS)"

deps:
	@scripts/deps

deps-%:
	@ARCH=$* scripts/deps

deps-packages:
	@scripts/deps packages

guest-builds:
	@{ scripts/shim && scripts/kselftests; } >&2
	@echo 1..1 && echo ok 1 - the shim and the kselftests build

cryptsetup-builds:
	@scripts/cryptsetup >&2
	@echo 1..1 && echo ok 1 - cryptsetup builds with patches/cryptsetup

deb-test-kernel-builds:
	@scripts/deb-test-kernel >&2
	@echo 1..1 && echo ok 1 - the test kernel as a Debian package

deb-kernel-builds:
	@scripts/deb-kernel >&2
	@echo 1..1 && echo ok 1 - the kernel as a Debian package

.PHONY: help demo check check-all list-check list-check-all results bench kernel shim deb rpm deb-kernel deb-test-kernel kselftests cryptsetup vm fuzz tree edit export absorb \
	check-series mutants check-prefixes check-kdump-utils deps deps-packages guest-builds cryptsetup-builds deb-test-kernel-builds deb-kernel-builds
