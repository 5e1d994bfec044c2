// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check: the rehearsal of a panic, without one.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "kexec-keys.h"
#include "rehearsal.h"

#define PATIENCE_MS 2000
#define CRASH_SIZE "/sys/kernel/kexec_crash_size"

static enum kk_finding_id id_of_disabled(const char *reason)
{
	if (!strcmp(reason, "sme"))
		return KK_FINDING_MEMORY_ENCRYPTION;
	return strcmp(reason, "parameter") ? KK_FINDING_STALE : KK_FINDING_SWITCHED_OFF;
}

static void mend_image(const struct kk_rehearsal *r, enum kk_finding_id id, char *out,
		       size_t size)
{
	switch (id) {
	case KK_FINDING_NO_IMAGE:
		kk_mend(&r->mender, KK_MEND_LOAD, out, size);
		break;
	case KK_FINDING_KEXEC_LOAD:
		kk_mend(&r->mender, KK_MEND_LOAD_BY_FILE, out, size);
		break;
	case KK_FINDING_MEMORY_ENCRYPTION:
		kk_mend(&r->mender, KK_MEND_NO_MEMORY_ENCRYPTION, out, size);
		break;
	case KK_FINDING_SWITCHED_OFF:
		snprintf(out, size, "echo Y > /sys/module/kexec_keys/parameters/crash");
		break;
	default:
		if (!strcmp(r->state.crash.reason, "pending") ||
		    !strcmp(r->state.crash.reason, "hibernation"))
			snprintf(out, size, "kexec-keys status --wait");
		else if (!strcmp(r->state.crash.reason, "capacity"))
			snprintf(out, size, "kexec-keys list");
		else
			kk_mend(&r->mender, KK_MEND_RELOAD, out, size);
	}
}

/* The kernel's own view of the loaded image. */
static void check_image(struct kk_rehearsal *r)
{
	const struct kk_state *s = &r->state;
	enum kk_finding_id id = KK_FINDING_STALE;
	char sentence[256], text[500];
	const char *next;
	int status = kk_state_judge(s, sentence, sizeof(sentence), &next);

	/* An image without keys is a matter of the keys. */
	if (!status || status == KK_KEY_MISSING)
		return;
	if (!strcmp(s->crash.state, "none"))
		id = KK_FINDING_NO_IMAGE;
	else if (!strcmp(s->crash.state, "unsupported"))
		id = KK_FINDING_KEXEC_LOAD;
	else if (!strcmp(s->crash.state, "disabled"))
		id = id_of_disabled(s->crash.reason);
	mend_image(r, id, text, sizeof(text));
	/* Without its full stop. */
	kk_finding(&r->findings, id, text, "%.*s", (int)strlen(sentence) - 1, sentence);
}

/* kdumpctl does so: its initramfs knows by itself what to open. */
static void drop_luks_uuids(char *cmdline)
{
	char *word;

	while ((word = strstr(cmdline, "rd.luks.uuid=")))
		memset(word, ' ', strcspn(word, " \n"));
}

static void check_all(struct kk_rehearsal *r, const char *initramfs)
{
	char place[PATH_MAX];

	if (!initramfs && kk_initramfs_find_crash("", r->running, place, sizeof(place)))
		initramfs = place;
	kk_read_cmdline(r->cmdline, sizeof(r->cmdline));
	if (r->mender.distro == KK_DISTRO_FEDORA)
		drop_luks_uuids(r->cmdline);
	kk_rehearse_look(r, initramfs);
	check_image(r);
	kk_rehearse_keys(r);
	kk_rehearse_wanted(r);
	kk_rehearse_initramfs(r);
	kk_rehearse_crash_memory(r, CRASH_SIZE);
	kk_rehearse_failure(r);
}

static int rehearse(struct kk_rehearsal *r, const char *initramfs)
{
	struct kk_kept kept;
	int status;

	kk_keep_errors(&kept);
	status = kk_rehearsal_begin(r);
	kk_keep_errors(NULL);
	if (status)
		return kk_fail(status, kept.next, "%s", kept.sentence);
	check_all(r, initramfs);
	return KK_OK;
}

static void verdict(const struct kk_rehearsal *r, char *out, size_t size)
{
	const unsigned int n = kk_findings_count(&r->findings);

	if (n)
		snprintf(out, size, "If this machine panics now, do not count on a dump: %u %s.",
			 n, n == 1 ? "finding" : "findings");
	else
		snprintf(out, size, "If this machine panics now, its dump can be saved: %u %s, verified%s.",
			 r->n_verified, r->n_verified == 1 ? "volume opens" : "volumes open",
			 r->findings.n_notes ? ", as far as could be looked at" : "");
}

static void print_json(const struct kk_rehearsal *r, int status)
{
	struct json_object *root = kk_json_new(), *findings = json_object_new_array();
	struct json_object *notes = json_object_new_array();
	char sentence[200];

	verdict(r, sentence, sizeof(sentence));
	kk_json_number(root, "exit_status", status);
	kk_json_string(root, "verdict", kk_findings_count(&r->findings) ? "bad" : "good");
	kk_json_string(root, "sentence", sentence);
	if (r->initramfs.path[0])
		kk_json_string(root, "initramfs", r->initramfs.path);
	json_object_object_add(root, "findings", findings);
	for (unsigned int i = 0; i < r->findings.n; i++) {
		const struct kk_finding *f = &r->findings.finding[i];
		struct json_object *o = json_object_new_object();

		kk_json_string(o, "id", kk_finding_word(f->id));
		json_object_object_add(o, "sentence", json_object_new_string(f->sentence));
		json_object_object_add(o, "command", json_object_new_string(f->command));
		json_object_array_add(findings, o);
	}
	json_object_object_add(root, "notes", notes);
	for (unsigned int i = 0; i < r->findings.n_notes; i++)
		json_object_array_add(notes, json_object_new_string(r->findings.note[i]));
	kk_json_print(root);
}

static void print_text(const struct kk_rehearsal *r)
{
	char sentence[200];

	kk_findings_say(&r->findings);
	if (r->looked)
		kk_say("The initramfs is %s (%s).", kk_esc(r->initramfs.path),
		       r->initramfs.release[0] ? kk_esc(r->initramfs.release) : "no modules");
	verdict(r, sentence, sizeof(sentence));
	kk_say("%s", sentence);
}

static int no_feature(struct kk_rehearsal *r, const struct kk_args *args)
{
	if (!args->json)
		return kk_state_get(&r->state);
	kk_finding(&r->findings, KK_FINDING_NO_FEATURE, "boot a kernel with CONFIG_KEYS_KEXEC=y",
		   "this kernel cannot carry keys over a kexec");
	print_json(r, KK_NO_FEATURE);
	return KK_NO_FEATURE;
}

static int check(struct kk_rehearsal *r, const struct kk_args *args)
{
	int status;

	if (kk_state_wait(KK_STATE_DIR, &r->state, PATIENCE_MS))
		return no_feature(r, args);
	status = rehearse(r, args->initramfs);
	if (status)
		return status;
	status = kk_finding_status(kk_finding_first(&r->findings));
	if (args->json)
		print_json(r, status);
	else
		print_text(r);
	return status;
}

int kk_cmd_check(const struct kk_args *args)
{
	struct kk_rehearsal *r;
	int status;

	if (args->n_volumes)
		return kk_fail(KK_USAGE, "leave it out", "check takes no VOLUME");
	if (args->initramfs && access(args->initramfs, R_OK))
		return kk_fail(KK_USAGE, "give one that is there", "cannot read %s",
			       kk_esc(args->initramfs));
	r = calloc(1, sizeof(*r));
	if (!r)
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	r->crash = true;
	status = check(r, args);
	kk_rehearsal_end(r);
	free(r);
	return status;
}
