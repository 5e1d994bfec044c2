// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdump_tools.h"
#include "kexec-keys.h"
#include "volumes.h"

bool kk_kdump_tools_has_word(const char *beginning)
{
	return kk_file_has_word(KK_KDUMP_TOOLS_SETTINGS, beginning);
}

/* The shell takes the last one. False when there is none. */
static bool setting(const char *name, char *out, size_t size)
{
	const size_t len = strlen(name);
	FILE *f = fopen(KK_KDUMP_TOOLS_SETTINGS, "re");
	char *line = NULL, *value;
	size_t room = 0;
	bool is_set = false;

	if (!f)
		return false;
	while (getline(&line, &room, f) > 0) {
		if (strncmp(line, name, len) || line[len] != '=')
			continue;
		value = line + len + 1;
		value += strspn(value, "\"'");
		value[strcspn(value, "\"' \t\n#")] = '\0';
		snprintf(out, size, "%s", value);
		is_set = true;
	}
	free(line);
	fclose(f);
	return is_set;
}

bool kk_kdump_tools_dumps_elsewhere(void)
{
	static const char *const names[] = { "SSH", "NFS", "FTP" };
	char value[256];

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(names); i++)
		if (setting(names[i], value, sizeof(value)) && *value)
			return true;
	return false;
}

void kk_kdump_tools_directory(char *out, size_t size)
{
	if (!setting("KDUMP_COREDIR", out, size))
		snprintf(out, size, "/var/crash");
}
