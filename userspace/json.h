/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output of --json: one object, whose "version" is 1 until a member changes
 * its meaning. Strings are escaped as everywhere else, so it is ASCII.
 */
#ifndef KK_JSON_H
#define KK_JSON_H

#include <stdint.h>

struct json_object;

struct json_object *kk_json_new(void);
struct json_object *kk_json_object(struct json_object *parent, const char *name);
void kk_json_string(struct json_object *o, const char *name, const char *untrusted);
void kk_json_number(struct json_object *o, const char *name, int64_t value);
void kk_json_print(struct json_object *root);

#endif
