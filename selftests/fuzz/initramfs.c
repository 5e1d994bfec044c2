// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of what is in an initramfs, as lsinitramfs and lsinitrd print it.
 */
#include "fuzz.h"
#include "initramfs.h"

static void check_words(const struct kk_words *w)
{
	MUST(w->n <= w->room);
	for (unsigned int i = 0; i < w->n; i++) {
		MUST_END(w->word[i]);
		MUST(w->word[i][0] && !strchr(w->word[i], '-') && !strchr(w->word[i], '/'));
		for (unsigned int j = 0; j < i; j++)
			MUST(strcmp(w->word[i], w->word[j]));
	}
}

static void check_list(const struct kk_initramfs *im, const char *list)
{
	MUST_END(im->release);
	MUST_END(im->crypttab);
	MUST_END(im->volumes);
	MUST(!strchr(im->release, '/'));
	/* Nothing is found that is not there. */
	MUST(!im->has_shim || strstr(list, "bin/kexec-keys"));
	MUST(!im->by_dracut || strstr(list, "lib/dracut/"));
	MUST(strstr(list, im->crypttab) && strstr(list, im->volumes) && strstr(list, im->release));
	check_words(&im->modules);
	if (im->unpacked && im->modules.n)
		reached();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *list = copy_text(data, size), *rest = copy_text(data, size), *lines = rest, *line;
	struct kk_initramfs im;

	memset(&im, 0, sizeof(im));
	while ((line = strsep(&rest, "\n"))) {
		/* Of its own, for AddressSanitizer to see its end. */
		char *copy = copy_text((const uint8_t *)line, strlen(line));

		kk_initramfs_line(&im, copy);
		free(copy);
	}
	check_list(&im, list);
	kk_initramfs_free(&im);
	free(lines);
	free(list);
	return 0;
}
