# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel as each patch of the series leaves it: configured, compiled, linked."""

import os
import re
import shutil
from pathlib import Path

from kernel_series import ROOT, SELFTESTS, patch_names, sections
from scratch_tree import apply_patch, commit_base
from tap import Failed, run

OPTIONS = ROOT / "scripts/kernel-config"
ARCH = os.environ.get("ARCH", "x86_64")
NOT_COMPILED = ("Documentation/", "MAINTAINERS", SELFTESTS, "tools/testing/selftests/Makefile")
ENDIAN_CHECKS = "CHECK=sparse -D__CHECK_ENDIAN__"


def touched_by(patch):
    return [path for path, _ in sections(patch.read_bytes())]


class Walk:
    """A full source tree of its own that takes one patch after the other.

    Source and outputs lie to each other as those of the test kernel do, and are built in
    the same words: ccache then has every object that is the same there."""

    def __init__(self, tree):
        self.tree = tree
        self.top = ROOT / "build/series" / f"{tree.base}-{ARCH}"
        self.source = self.top / "tree" / tree.base
        self.configured = set()
        self.kernel_arch, self.prefix, self.image, self.image_built = run(
            "bash", "-c", ". scripts/lib.sh; set_kernel_arch; echo $KERNEL_ARCH:$CROSS_COMPILE:$IMAGE:$IMAGE_BUILT",
            cwd=ROOT).strip().split(":")

    def start(self):
        """Hard links to the developer's tree, but for the files that patches replace."""
        shutil.rmtree(self.source, ignore_errors=True)
        self.source.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "-al", self.tree.dir, self.source)
        shutil.rmtree(self.source / ".git")
        for path in self.tree.lines("ls-files"):
            (self.source / path).unlink(missing_ok=True)
        self.tree.git("archive", "-o", str(self.top / "base.tar"), "base")
        run("tar", "-xf", self.top / "base.tar", "-C", self.source)
        commit_base(self.tree, self.source)

    def output(self, name):
        return self.top / "kernel" / name

    def make(self, output, *words):
        """Call make with words and targets; what it says."""
        # C=2 calls sparse, with the endian checks that the kernel asks for.
        return run("bash", "-c", '. scripts/lib.sh; set_kernel_arch; kbuild "$@"', "kbuild", self.source, self.output(output),
                   f"-j{os.cpu_count()}", "HOSTCC=ccache gcc", ENDIAN_CHECKS, *words, cwd=ROOT)

    def configure(self, output, feature):
        """The test kernel's configuration, with what this prefix knows of the feature."""
        self.configured.add(output)
        text = "".join((OPTIONS / name).read_text() for name in ("common.config", f"{ARCH}.config"))
        if not feature:
            text = re.sub(r"(?m)^CONFIG_KEYS_KEXEC.*\n", "", text)
        elif self.knows_feature() and not self.is_supported():
            text += "CONFIG_COMPILE_TEST=y\n"
        wanted = self.top / f"{output}.config"
        wanted.write_text(text)
        self.make(output, f"KCONFIG_ALLCONFIG={wanted}", "allnoconfig")
        has = self.has_option(output, "KEYS_KEXEC")
        if has != (feature and self.knows_feature()):
            raise Failed(f"CONFIG_KEYS_KEXEC is {'on' if has else 'off'} in {output}")
        # The decompressor includes what only this object has made, once and for all.
        if not (self.output(output) / "include/generated/utsversion.h").exists():
            self.make(output, "init/version-timestamp.o")

    def link(self, output):
        """A kernel that boots, with the feature on as far as it is there; its file."""
        self.make(output, self.image)
        return self.output(output) / self.image_built

    def has_option(self, output, option):
        return f"CONFIG_{option}=y\n" in (self.output(output) / ".config").read_text()

    def knows_feature(self):
        kconfig = self.source / "security/keys/kexec/Kconfig"
        return kconfig.exists() and "config KEYS_KEXEC\n" in kconfig.read_text()

    def is_supported(self):
        """The architecture offers the feature, and not only to compile it."""
        return "ARCH_SUPPORTS_KEYS_KEXEC" in (self.source / self.arch_directory() / "Kconfig").read_text()

    def arch_directory(self):
        return Path("arch") / ("x86" if ARCH == "x86_64" else self.kernel_arch)

    def is_built(self, path):
        """Architectures build no other's code, and x86 makes no device tree."""
        if path.startswith("arch/"):
            return Path(path).is_relative_to(self.arch_directory())
        return not (ARCH == "x86_64" and path.startswith("drivers/of/"))

    def objects(self):
        """Of each touched source outside the directory that is built as a whole."""
        touched = {path for name in patch_names(self.tree.patches) for path in touched_by(self.tree.patches / name)}
        alone = (path for path in touched if path.endswith(".c") and self.is_built(path)
                 and not path.startswith(("security/keys/", SELFTESTS)))
        return ["security/keys/", *(path.removesuffix(".c") + ".o" for path in sorted(alone))]


def warnings(text):
    """What a build warns of, by what stays of a warning when lines move."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"(?:\.\./)*(\S+?):[\d:]+ (.*(?:warning|error):.*)", line)
        if match:
            found[(re.sub(r"^.*\btree/[^/]+/", "", match[1]), match[2])] = line
    return found


def depends_on(tree, walk, files=(), programs=()):
    """All that results of a walk depend on, content by name: the series, the base, the
    configuration, scripts, compilers, and these files and programs."""
    scripts = ("check-prefixes", "prefixes.py", "kernel_series.py", "lib.sh", "scratch_tree.py", "tap.py", "tree")
    paths = [*tree.patches.iterdir(), *(ROOT / "scripts" / name for name in scripts), *files,
             OPTIONS / "common.config", OPTIONS / f"{ARCH}.config", tree.dir / ".git/tarball"]
    tools = (f"{walk.prefix}gcc", f"{walk.prefix}ld", "sparse", "make", *programs)
    return {**{str(path): path.read_bytes() for path in paths},
            **{tool: run(tool, "--version").encode() for tool in tools}}


def walk_patches(tree, walk, wanted):
    """Apply one patch after the other; yield the name of each that is looked at, and
    whether an option is new since the last one.

    wanted: numbers of patches, as 0011; without any, all that change something compiled."""
    new_options = False
    for name in patch_names(tree.patches):
        apply_patch(walk.source, tree.patches / name)
        touched = touched_by(tree.patches / name)
        new_options |= any("Kconfig" in path for path in touched)
        if wanted and name.partition("-")[0] not in wanted or all(path.startswith(NOT_COMPILED) for path in touched):
            continue
        yield name, new_options
        new_options = False
