// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reboot: an ordinary kexec for which nobody has to type a passphrase. Until it
 * is handed over, everything that was changed can be put back, and is when
 * anything goes wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "rehearsal.h"
#include "spawn.h"

#define KK_REBOOT_PARAMETER "/sys/module/kexec_keys/parameters/reboot"

struct reboot {
	const struct kk_args *args;
	struct kk_rehearsal *rehearsal;
	char kernel[PATH_MAX];
	char initrd[PATH_MAX];
	char parameter;			/* as it was, or 0 while it still is */
	bool loaded;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	interrupted = signal;
}

static void handle_signals(void (*handler)(int))
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	const struct sigaction action = { .sa_handler = handler };

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

static int stop_if_interrupted(void)
{
	if (!interrupted)
		return KK_OK;
	return kk_fail(KK_USAGE, "type it again when it is time", "interrupted: not rebooting");
}

static int find_files(struct reboot *b)
{
	const char *release = b->rehearsal->running, *kernel = b->args->kernel;
	char place[PATH_MAX];

	snprintf(place, sizeof(place), "/boot/vmlinuz-%s", release);
	if (!realpath(kernel ? kernel : place, b->kernel))
		return kk_fail(KK_USAGE, "name the kernel with --kernel", "%s: %s",
			       kk_esc(kernel ? kernel : place), strerror(errno));
	if (!b->args->initrd && !kk_initramfs_find_boot("", release, place, sizeof(place)))
		return kk_fail(KK_USAGE, "name the initramfs with --initrd",
			       "no initramfs of Linux %s is in /boot", kk_esc(release));
	if (!realpath(b->args->initrd ? b->args->initrd : place, b->initrd))
		return kk_fail(KK_USAGE, "name the initramfs with --initrd", "%s: %s",
			       kk_esc(b->args->initrd), strerror(errno));
	return KK_OK;
}

static int rehearse(struct reboot *b)
{
	struct kk_rehearsal *r = b->rehearsal;
	int status;

	if (b->args->append)
		snprintf(r->cmdline, sizeof(r->cmdline), "%s", b->args->append);
	else
		kk_read_cmdline(r->cmdline, sizeof(r->cmdline));
	kk_rehearse_look(r, b->initrd);
	kk_rehearse_wanted(r);
	kk_rehearse_initramfs(r);
	kk_findings_say(&r->findings);
	status = kk_finding_status(kk_finding_first(&r->findings));
	if (!status)
		return KK_OK;
	return kk_fail(status, "do that first, then kexec-keys reboot again",
		       "not rebooting: the next kernel would not come up by itself");
}

/* Whoever loaded another image would find it gone. */
static int refuse_other_image(const struct kk_state *s)
{
	if (!strcmp(s->reboot.state, "none"))
		return KK_OK;
	return kk_fail(KK_BUSY, "unload it with kexec -u -s, or kexec -u",
		       "an image for an ordinary kexec is loaded already");
}

static int load(struct reboot *b)
{
	char initrd[PATH_MAX + 16], append[8300];
	const char *const argv[] = { "kexec", "-l", "-s", b->kernel, initrd, append, NULL };
	int r;

	snprintf(initrd, sizeof(initrd), "--initrd=%s", b->initrd);
	snprintf(append, sizeof(append), b->args->append ? "--append=%s" : "--reuse-cmdline",
		 b->args->append);
	b->loaded = true;
	r = kk_spawn(argv);
	if (!r || interrupted)
		return stop_if_interrupted();
	if (r == -ENOENT)
		return kk_fail(KK_NO_IMAGE, "install kexec-tools", "there is no kexec command");
	return kk_fail(KK_NO_IMAGE, "see what it says, and dmesg", "kexec cannot load %s",
		       kk_esc(b->kernel));
}

static int write_parameter(char value)
{
	int fd = open(KK_REBOOT_PARAMETER, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, &value, 1) != 1)
		r = -errno;
	close(fd);
	return r;
}

static int arm(struct reboot *b)
{
	int fd = open(KK_REBOOT_PARAMETER, O_RDONLY | O_CLOEXEC), r = 0;
	char old = 0;

	if (fd < 0 || read(fd, &old, 1) != 1)
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (!r) {
		b->parameter = old;
		r = write_parameter('Y');
	}
	if (!r)
		return KK_OK;
	return kk_fail(kk_exit_of_errno(r), "run it as root; see dmesg",
		       "cannot turn the carry-over on in " KK_REBOOT_PARAMETER ": %s",
		       strerror(-r));
}

static int look_at_state(void)
{
	struct kk_state s;
	char sentence[256];
	const char *next;
	int status = kk_state_get(&s);

	if (status)
		return status;
	status = kk_state_judge_reboot(&s, sentence, sizeof(sentence), &next);
	if (status)
		return kk_fail(status, next, "%s", sentence);
	kk_say("%s", sentence);
	return KK_OK;
}

/* The parameter first: an image without keys harms nobody. */
static int put_back(struct reboot *b)
{
	static const char *const unload[] = { "kexec", "-u", "-s", NULL };
	int status = KK_OK;

	if (b->parameter && write_parameter(b->parameter))
		status = kk_fail(KK_PERMISSION, "write N to " KK_REBOOT_PARAMETER,
				 "cannot turn the carry-over off again");
	if (b->loaded && kk_state_read(KK_STATE_DIR, &b->rehearsal->state) == 0 &&
	    strcmp(b->rehearsal->state.reboot.state, "none") && kk_spawn(unload))
		status = kk_fail(KK_BUSY, "unload it with kexec -u -s",
				 "the image stays loaded");
	b->parameter = 0;
	b->loaded = false;
	return status;
}

static int prepare(struct reboot *b)
{
	int status = load(b);

	if (!status)
		status = arm(b);
	if (!status)
		status = look_at_state();
	return status ? status : stop_if_interrupted();
}

static int hand_over(void)
{
	static const char *const by_systemd[] = { "systemctl", "kexec", NULL };
	static const char *const by_hand[] = { "kexec", "-e", NULL };
	const bool systemd = !access("/run/systemd/system", F_OK);
	int r;

	sync();
	/*
	 * A shutdown begins with a signal to everything that runs, systemctl and this
	 * process too: that it has begun is no reason to put anything back. What came
	 * before is.
	 */
	handle_signals(SIG_IGN);
	if (interrupted)
		return stop_if_interrupted();
	r = kk_spawn(systemd ? by_systemd : by_hand);
	/* kexec -e does not come back. */
	if (systemd && !r)
		return KK_OK;
	return kk_fail(KK_BUSY, "see dmesg and the journal", "%s did not reboot: status %d",
		       systemd ? "systemctl kexec" : "kexec -e", r);
}

static int go(struct reboot *b)
{
	int status, back;

	/* System calls return, children are ended by the terminal or end by themselves. */
	handle_signals(on_signal);
	status = prepare(b);
	if (!status && !b->args->test) {
		status = hand_over();
		if (!status)
			return KK_OK;
	}
	back = put_back(b);
	if (!status && !back)
		kk_say("It would work. All is as it was before.");
	return status ? status : back;
}

static int rehearse_and_go(struct reboot *b)
{
	int status = kk_state_get(&b->rehearsal->state);

	if (!status)
		status = refuse_other_image(&b->rehearsal->state);
	if (!status)
		status = kk_rehearsal_begin(b->rehearsal);
	if (!status)
		status = find_files(b);
	if (!status)
		status = rehearse(b);
	return status ? status : go(b);
}

int kk_cmd_reboot(const struct kk_args *args)
{
	struct reboot b = { .args = args };
	int status;

	if (args->n_volumes)
		return kk_fail(KK_USAGE, "leave it out", "reboot takes no VOLUME");
	b.rehearsal = calloc(1, sizeof(*b.rehearsal));
	if (!b.rehearsal)
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	status = rehearse_and_go(&b);
	kk_rehearsal_end(b.rehearsal);
	free(b.rehearsal);
	return status;
}
