// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <stdio.h>

#include "json.h"
#include "kexec-keys.h"

struct json_object *kk_json_new(void)
{
	struct json_object *root = json_object_new_object();

	kk_json_number(root, "version", 1);
	return root;
}

struct json_object *kk_json_object(struct json_object *parent, const char *name)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(parent, name, o);
	return o;
}

void kk_json_string(struct json_object *o, const char *name, const char *untrusted)
{
	json_object_object_add(o, name, json_object_new_string(kk_esc(untrusted)));
}

void kk_json_number(struct json_object *o, const char *name, int64_t value)
{
	json_object_object_add(o, name, json_object_new_int64(value));
}

void kk_json_print(struct json_object *root)
{
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}
