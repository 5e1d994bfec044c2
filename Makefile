# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thin layer: each target calls one script of scripts/, which does the work
# and can be run by hand.

BASE ?= 6.12
ARCH ?= x86_64
export BASE ARCH

.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tree: ## build/tree/BASE: Debian's source with the series as git commits
	@scripts/tree

edit: ## bring FILE=… of the source under git, before changing it
	@scripts/edit "$(FILE)"

.PHONY: help tree edit
