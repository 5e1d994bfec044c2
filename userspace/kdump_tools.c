// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdump_tools.h"
#include "volumes.h"

#define SETTINGS "/etc/default/kdump-tools"

bool kk_kdump_tools_has_word(const char *beginning)
{
	return kk_file_has_word(SETTINGS, beginning);
}

/* The shell takes the last one. */
void kk_kdump_tools_directory(char *out, size_t size)
{
	static const char name[] = "KDUMP_COREDIR=";
	FILE *f = fopen(SETTINGS, "re");
	char *line = NULL, *value;
	size_t room = 0;

	snprintf(out, size, "/var/crash");
	if (!f)
		return;
	while (getline(&line, &room, f) > 0) {
		if (strncmp(line, name, strlen(name)))
			continue;
		value = line + strlen(name);
		value += strspn(value, "\"'");
		value[strcspn(value, "\"' \t\n#")] = '\0';
		snprintf(out, size, "%s", value);
	}
	free(line);
	fclose(f);
}
