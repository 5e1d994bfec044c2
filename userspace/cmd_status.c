// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "kexec-keys.h"
#include "state.h"

static void print_json(const struct kk_state *s, int status, const char *sentence,
		       const char *next)
{
	struct json_object *root = kk_json_new();
	struct json_object *crash = kk_json_object(root, "crash");
	struct json_object *reboot = kk_json_object(root, "reboot");
	struct json_object *adopted = kk_json_object(root, "adopted");

	kk_json_number(root, "exit_status", status);
	kk_json_string(root, "sentence", sentence);
	kk_json_string(root, "next", next);
	kk_json_number(root, "ring", s->ring);
	kk_json_number(root, "generation", s->generation);
	kk_json_string(crash, "state", s->crash.state);
	kk_json_string(crash, "reason", s->crash.reason);
	kk_json_string(crash, "verify", s->crash.verify);
	kk_json_number(crash, "carried", s->crash.carried);
	kk_json_number(crash, "not_carried", s->crash.not_carried);
	kk_json_string(reboot, "state", s->reboot.state);
	kk_json_string(reboot, "reason", s->reboot.reason);
	kk_json_number(reboot, "carried", s->reboot.carried);
	kk_json_number(reboot, "not_carried", s->reboot.not_carried);
	kk_json_number(adopted, "count", s->adopted.count);
	kk_json_number(adopted, "skipped", s->adopted.skipped);
	kk_json_string(adopted, "source", s->adopted.source);
	kk_json_string(adopted, "status", s->adopted.status);
	kk_json_print(root);
}

static void say_adopted(const struct kk_state *s)
{
	if (!s->adopted.status[0] || !strcmp(s->adopted.status, "none"))
		return;
	if (strcmp(s->adopted.status, "ok")) {
		kk_say("The kernel before this one handed keys over, but they could not be taken (%s).",
		       kk_esc(s->adopted.status));
		return;
	}
	kk_say("This kernel took over %lu %s at boot (%s).", s->adopted.count,
	       s->adopted.count == 1 ? "key" : "keys", kk_esc(s->adopted.source));
}

static int no_feature(const struct kk_args *args)
{
	struct kk_state s;
	int r;

	if (!args->json)
		return kk_state_get(&s);
	memset(&s, 0, sizeof(s));
	r = KK_NO_FEATURE;
	print_json(&s, r, "This kernel cannot carry keys over a kexec.",
		   "boot a kernel with CONFIG_KEYS_KEXEC=y");
	return r;
}

int kk_cmd_status(const struct kk_args *args)
{
	struct kk_state s;
	char sentence[256];
	const char *next;
	int r;

	if (args->n_volumes)
		return kk_fail(KK_USAGE, "see kexec-keys list for the keys of volumes",
			       "status takes no VOLUME");
	r = kk_state_wait(KK_STATE_DIR, &s, args->wait ? args->wait_seconds * 1000 : 0);
	if (r)
		return args->quiet ? KK_NO_FEATURE : no_feature(args);
	r = kk_state_judge(&s, sentence, sizeof(sentence), &next);
	if (args->quiet)
		return r;
	if (args->json) {
		print_json(&s, r, sentence, next);
		return r;
	}
	kk_say("%s", sentence);
	if (*next)
		kk_say("Next: %s.", next);
	say_adopted(&s);
	return r;
}
