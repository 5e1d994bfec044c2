// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <stdio.h>

#include "device.h"
#include "json.h"
#include "kexec-keys.h"
#include "ring.h"
#include "state.h"

static void print_json(const struct kk_state *s, const struct kk_keys *keys)
{
	struct json_object *root = kk_json_new(), *array = json_object_new_array();
	char perm[16];

	kk_json_number(root, "ring", s->ring);
	kk_json_number(root, "generation", s->generation);
	json_object_object_add(root, "keys", array);
	for (unsigned int i = 0; i < keys->n; i++) {
		const struct kk_key *k = &keys->key[i];
		struct json_object *o = json_object_new_object();
		struct kk_mapping m;

		snprintf(perm, sizeof(perm), "%08x", k->perm);
		json_object_array_add(array, o);
		kk_json_number(o, "serial", k->serial);
		kk_json_string(o, "state", kk_key_state(k));
		kk_json_string(o, "type", k->type);
		kk_json_string(o, "description", k->description);
		kk_json_number(o, "uid", k->uid);
		kk_json_number(o, "gid", k->gid);
		kk_json_string(o, "perm", perm);
		kk_json_string(o, "expiry", k->expiry);
		if (k->desc.kind == KK_KEY_OTHER)
			continue;
		kk_json_string(o, "uuid", k->desc.uuid);
		if (k->desc.digest >= 0)
			kk_json_number(o, "digest", k->desc.digest);
		if (!kk_mapping_of_uuid(k->desc.uuid, &m))
			continue;
		kk_json_string(o, "mapping", m.name);
		kk_json_string(o, "device", m.device);
	}
	kk_json_print(root);
}

static void print_key(const struct kk_key *k)
{
	struct kk_mapping m;
	const char *volume = "-";

	if (k->desc.kind != KK_KEY_OTHER)
		volume = kk_mapping_of_uuid(k->desc.uuid, &m) ? kk_esc(m.name) : "(not open)";
	kk_say("%-11d %-9s %-7s %5u:%-5u %08x %-12s %s", k->serial, kk_key_state(k),
	       k->expiry[0] ? k->expiry : "-", k->uid, k->gid, k->perm, volume,
	       k->error ? "-" : kk_esc(k->description));
}

int kk_cmd_list(const struct kk_args *args)
{
	struct kk_state s;
	struct kk_keys keys;
	int r;

	if (args->n_volumes)
		return kk_fail(KK_USAGE, "leave it out", "list takes no VOLUME");
	r = kk_state_get(&s);
	if (!r)
		r = kk_ring_read(s.ring, &keys);
	if (r)
		return r;
	if (args->json) {
		print_json(&s, &keys);
	} else if (!keys.n) {
		kk_say("No key is designated.");
	} else {
		kk_say("%-11s %-9s %-7s %5s:%-5s %-8s %-12s %s", "SERIAL", "STATE", "EXPIRES",
		       "UID", "GID", "PERM", "VOLUME", "DESCRIPTION");
		for (unsigned int i = 0; i < keys.n; i++)
			print_key(&keys.key[i]);
	}
	kk_keys_free(&keys);
	return KK_OK;
}
