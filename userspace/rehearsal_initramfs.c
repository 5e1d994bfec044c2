// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The initramfs of a rehearsal: the shim, and what of the kernel it takes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kdump_tools.h"
#include "modules.h"
#include "rehearsal.h"

#define MIB (1ULL << 20)

static void mend(struct kk_rehearsal *r, enum kk_mend what, char *out, size_t size)
{
	kk_mend(&r->mender, what, out, size);
}

static void not_listed(struct kk_rehearsal *r, const char *path, int err)
{
	char text[500];

	if (err == -ENOENT) {
		kk_finding_note(&r->findings,
				"%s was not looked into: neither lsinitramfs nor lsinitrd is here",
				kk_esc(path));
		return;
	}
	mend(r, KK_MEND_REBUILD, text, sizeof(text));
	kk_finding(&r->findings, KK_FINDING_INITRAMFS, text,
		   "%s cannot be listed: it is damaged, or what unpacks it is missing here",
		   kk_esc(path));
}

void kk_rehearse_look(struct kk_rehearsal *r, const char *initramfs)
{
	int err;

	if (!initramfs) {
		kk_finding_note(&r->findings,
				"no initramfs was looked into: none is where this system keeps it; name it with --%s",
				r->crash ? "initramfs" : "initrd");
		return;
	}
	err = kk_initramfs_look(&r->initramfs, initramfs);
	r->mender.initramfs = r->initramfs.path;
	r->mender.builder = kk_builder_of(r->mender.distro, "", r->initramfs.path);
	if (r->initramfs.release[0])
		r->mender.release = r->initramfs.release;
	if (err)
		not_listed(r, initramfs, err);
	r->looked = !err;
}

static void judge(struct kk_rehearsal *r, enum kk_has has, const char *what, const char *module)
{
	char text[500];

	if (has != KK_LACKS)
		return;
	r->mender.module = module;
	mend(r, KK_MEND_ADD_MODULE, text, sizeof(text));
	kk_finding(&r->findings, KK_FINDING_NO_MODULE, text,
		   "%s lacks %s, which Linux %s does not have built in",
		   kk_esc(r->initramfs.path), what, kk_esc(r->mender.release));
}

static void judge_modules(struct kk_rehearsal *r, const char *dir, bool running)
{
	static const char *const modules[] = { "dm_crypt", "algif_hash" };
	const struct kk_words *have = &r->initramfs.modules;
	enum kk_has has = KK_HAS;
	char what[100], alias[80];

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(modules); i++) {
		has = kk_has_module(dir, running, have, modules[i]);
		snprintf(what, sizeof(what), "the module %s", modules[i]);
		judge(r, has, what, modules[i]);
	}
	for (unsigned int i = 0; i < r->algorithms.n; i++) {
		const char *name = kk_esc(r->algorithms.word[i]);

		snprintf(what, sizeof(what), "a module for %s", name);
		/* An alias of the module, whatever its own name is. */
		snprintf(alias, sizeof(alias), "crypto-%s", name);
		judge(r, kk_has_algorithm(dir, running, have, r->algorithms.word[i]), what,
		      alias);
	}
	if (has == KK_UNKNOWN)
		kk_finding_note(&r->findings,
				"the modules in it were not judged: nothing here tells what Linux %s has built in",
				kk_esc(r->mender.release));
}

void kk_rehearse_initramfs(struct kk_rehearsal *r)
{
	char text[500], dir[128];

	if (!r->looked)
		return;
	if (!r->initramfs.has_shim) {
		mend(r, KK_MEND_REBUILD, text, sizeof(text));
		kk_finding(&r->findings, KK_FINDING_NO_SHIM, text,
			   "%s has no kexec-keys in it: nothing there would use the keys",
			   kk_esc(r->initramfs.path));
	}
	snprintf(dir, sizeof(dir), "/lib/modules/%s", r->mender.release);
	judge_modules(r, dir, !strcmp(r->mender.release, r->running));
}

static uint64_t read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	uint64_t n = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

void kk_rehearse_crash_memory(struct kk_rehearsal *r, const char *size_file)
{
	const uint64_t have = read_number(size_file), need = kk_crash_memory(&r->initramfs);
	char text[500];

	if (have >= need)
		return;
	/* In steps of 64 MiB, and with some room for drivers. */
	r->mender.mib = (need / MIB / 64 + 2) * 64;
	mend(r, KK_MEND_CRASH_MEMORY, text, sizeof(text));
	kk_finding(&r->findings, KK_FINDING_CRASH_MEMORY, text,
		   "%llu MiB are reserved for the capture kernel, which needs %llu or more; none of it for keys",
		   have / MIB, need / MIB + 1);
}

/* On the capture kernel's command line, which has most words of this one's. */
static bool will_have_word(const struct kk_rehearsal *r, const char *beginning)
{
	return kk_cmdline_has(r->cmdline, beginning) ||
	       kk_kdump_tools_has_word(beginning);
}

/*
 * An initramfs that fails waits for somebody, unless the command line says otherwise.
 * Debian's says nothing; Fedora's kdump has an action of its own for failures.
 */
void kk_rehearse_failure(struct kk_rehearsal *r)
{
	char text[500];

	if (!r->looked || r->mender.distro != KK_DISTRO_DEBIAN)
		return;
	if (!r->initramfs.by_dracut) {
		r->mender.words = "panic=10";
		if (will_have_word(r, "panic="))
			return;
	} else {
		r->mender.words = "rd.shell=0 rd.emergency=reboot";
		if (will_have_word(r, "rd.shell=0") && will_have_word(r, "rd.emergency="))
			return;
	}
	mend(r, KK_MEND_CAPTURE_WORDS, text, sizeof(text));
	kk_finding(&r->findings, KK_FINDING_WOULD_WAIT, text,
		   "should its initramfs fail, the capture kernel waits for somebody at a shell: its command line lacks %s",
		   r->mender.words);
}
