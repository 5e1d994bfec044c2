// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_init - the only process in the guests of vmtest.sh
 *
 * It runs one case in two kernels: the first loads the second, which has this
 * program again, and enters it. What is found is written to the kernel's log, a line
 * each, so that it reaches the console unbroken. The kernel's command line names the
 * case, and a seed from which both make the same payloads; neither hands a payload to
 * the other.
 *
 * Built with nolibc: not every machine that builds this has a static C library.
 */
#include <linux/if_alg.h>
#include <linux/kexec.h>
#include <linux/keyctl.h>
#include <linux/reboot.h>
#include <linux/utsname.h>

#define KEYS_DIR	"/sys/kernel/kexec/keys/"
#define PARAMETERS	"/sys/module/kexec_keys/parameters/"
#define PREFIX		"kexec_keys_test:vm"
#define KEYS		4
#define MAX_PAYLOAD	512
#define MAX_TEXT	2048
#define TRIES		100	/* of 100 ms */
#define MAC_SIZE	32

#define AF_ALG_FAMILY	38
#define SOL_ALG_LEVEL	279
#define SEQPACKET	5

static const size_t payload_sizes[KEYS] = { 64, 1, 32, MAX_PAYLOAD };

static int log_fd = -1;
static int checks;

/* Write some words to the kernel's log as one line. */
static void say(const char *what, const char *more, const char *last)
{
	char line[MAX_TEXT] = "<1>vmtest: ";

	strlcat(line, what, sizeof(line));
	strlcat(line, more, sizeof(line));
	strlcat(line, last, sizeof(line));
	write(log_fd, line, strlen(line));
}

static void check(int good, const char *what)
{
	checks++;
	say(good ? "pass " : "FAIL ", what, "");
}

/* A check that tells what was found. */
static void check_text(const char *what, const char *wanted, const char *found)
{
	int good = !strcmp(wanted, found);

	check(good, what);
	if (!good)
		say("found ", found, "");
}

static void check_number(const char *what, long wanted, long found)
{
	char text[2][24];

	ltoa_r(wanted, text[0]);
	ltoa_r(found, text[1]);
	check_text(what, text[0], text[1]);
}

/* Read a file without the newline at its end; an empty text if there is none. */
static const char *read_file(const char *path)
{
	static char text[MAX_TEXT];
	int fd = open(path, O_RDONLY);
	ssize_t len = 0;

	if (fd >= 0) {
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (len < 0)
		len = 0;
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return text;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static const char *state(const char *file)
{
	char path[128] = KEYS_DIR;

	strlcat(path, file, sizeof(path));
	return read_file(path);
}

/* Updates of the image are made by a worker. */
static void check_becomes(const char *what, const char *file, const char *wanted)
{
	for (int i = 0; i < TRIES && strcmp(state(file), wanted); i++)
		msleep(100);
	check_text(what, wanted, state(file));
}

/* --- keys ------------------------------------------------------------------- */

static long keyctl(int op, long a, long b, long c, long d)
{
	return syscall(__NR_keyctl, op, a, b, c, d);
}

static const char *description(int i)
{
	static char desc[] = PREFIX "0";

	desc[sizeof(desc) - 2] = '0' + i;
	return desc;
}

/* The same for the same seed in each kernel, and another for another @version. */
static size_t make_payload(int i, int version, unsigned char *payload)
{
	const char *seed = getenv("vmtest_seed");
	uint32_t x = 2166136261u ^ (i << 8 | version);

	for (size_t j = 0; seed && seed[j]; j++)
		x = (x ^ seed[j]) * 16777619u;
	for (size_t j = 0; j < payload_sizes[i]; j++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		payload[j] = x >> 11;
	}
	return payload_sizes[i];
}

static int add_key(int i, int version, int ring)
{
	unsigned char payload[MAX_PAYLOAD];
	size_t len = make_payload(i, version, payload);

	return syscall(__NR_add_key, "logon", description(i), payload, len, ring);
}

static int ring(void)
{
	return atoi(state("ring"));
}

static int find_key(int i)
{
	return keyctl(KEYCTL_SEARCH, ring(), (long)"logon", (long)description(i), 0);
}

static long count_members(void)
{
	int members[64];

	long size = keyctl(KEYCTL_READ, ring(), (long)members, sizeof(members), 0);

	return size / (long)sizeof(members[0]);
}

/* Type, owner, permissions and description: the host compares these lines. */
static void describe(int i, int key)
{
	char text[256] = "";

	check(keyctl(KEYCTL_DESCRIBE, key, (long)text, sizeof(text), 0) > 0,
	      "the key is described");
	say("key ", text, "");
}

/* Possessed, so that all may be done to the keys. */
static void possess_ring(void)
{
	check(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0) > 0, "a session keyring");
	check(!keyctl(KEYCTL_LINK, ring(), KEY_SPEC_SESSION_KEYRING, 0, 0),
	      "the ring is linked to it");
}

static void designate(int i)
{
	check(add_key(i, 0, ring()) > 0, "a key is designated");
}

static void designate_all(void)
{
	for (int i = 0; i < KEYS; i++)
		designate(i);
	/* Not root's, and with other permissions than a new key. */
	check(!keyctl(KEYCTL_SETPERM, find_key(1), 0x3d1b0000, 0, 0), "permissions are changed");
	check(!keyctl(KEYCTL_CHOWN, find_key(1), 1000, 1001, 0), "the owner is changed");
}

/*
 * Compute a MAC with the key of that serial number, or with a payload where that is 0:
 * no system call reads the payload of a logon key, but AF_ALG can be given one.
 */
static int compute_mac(int key, int i, int version, unsigned char *mac)
{
	struct sockaddr_alg address = {
		.salg_family = AF_ALG_FAMILY,
		.salg_type = "hash",
		.salg_name = "hmac(sha256)",
	};
	unsigned char payload[MAX_PAYLOAD];
	size_t len = make_payload(i, version, payload);
	int fd = syscall(__NR_socket, AF_ALG_FAMILY, SEQPACKET, 0);
	int op, ret;

	if (fd < 0 || syscall(__NR_bind, fd, &address, sizeof(address)))
		return -1;
	if (key)
		ret = syscall(__NR_setsockopt, fd, SOL_ALG_LEVEL, ALG_SET_KEY_BY_KEY_SERIAL,
			      &key, sizeof(key));
	else
		ret = syscall(__NR_setsockopt, fd, SOL_ALG_LEVEL, ALG_SET_KEY, payload, len);
	if (ret)
		return -1;
	op = syscall(__NR_accept4, fd, 0, 0, 0);
	ret = op >= 0 && write(op, "vmtest", 6) == 6 && read(op, mac, MAC_SIZE) == MAC_SIZE;
	close(op);
	close(fd);
	return ret ? 0 : -1;
}

/* The key is there, with the payload that the first kernel has given to it. */
static void check_key(int i, int version)
{
	unsigned char found[MAC_SIZE], wanted[MAC_SIZE];
	int key = find_key(i);

	check(key > 0, "the key is in the ring");
	check(!compute_mac(key, i, version, found), "it can be used");
	check(!compute_mac(0, i, version, wanted), "a payload can be used");
	check(!memcmp(found, wanted, MAC_SIZE), "it is the first kernel's");
}

/* --- images ----------------------------------------------------------------- */

/* This kernel's command line, for the next: without what reserves memory. */
static size_t next_command_line(char *line)
{
	const char *word = read_file("/proc/cmdline");
	size_t len;

	line[0] = '\0';
	for (; *word; word += len + !!word[len]) {
		const char *space = strchr(word, ' ');

		len = space ? (size_t)(space - word) : strlen(word);
		if (!strncmp(word, "crashkernel=", 12) || !strncmp(word, "vmtest_kernel=", 14))
			continue;
		strncat(line, word, len);
		strncat(line, " ", 1);
	}
	strlcat(line, "vmtest_kernel=next", MAX_TEXT);
	return strlen(line) + 1;
}

static void load(unsigned long flags)
{
	char line[MAX_TEXT];
	size_t len = next_command_line(line);
	int kernel = open("/kernel", O_RDONLY), initrd = open("/initrd", O_RDONLY);

	check(!syscall(__NR_kexec_file_load, kernel, initrd, len, line, flags),
	      "the next kernel is loaded");
	close(kernel);
	close(initrd);
}

static void load_crash(void)
{
	load(KEXEC_FILE_ON_CRASH);
}

/* The last words of a kernel: what follows them on the console is another's. */
static void depart(const char *how)
{
	char count[24];

	ltoa_r(checks, count);
	say("checks ", count, "");
	say("leave ", how, "");
}

static void leave_by_panic(void)
{
	depart("panic");
	/* The kernel panics when its only process ends. */
	exit(0);
}

static void leave_by_kexec(void)
{
	depart("kexec");
	reboot(LINUX_REBOOT_CMD_KEXEC);
	say("FAIL ", "nothing was entered", "");
}

/* Only a crash kernel has one. */
static void check_after_panic(void)
{
	int fd = open("/proc/vmcore", O_RDONLY);

	check(fd >= 0, "there is a /proc/vmcore");
	close(fd);
}

static void check_adopted(const char *source, int count)
{
	struct new_utsname name;

	check(!syscall(__NR_uname, &name), "uname");
	check_text("what was handed over is valid", "ok", state("adopted/status"));
	check_text("by the image that was entered", source, state("adopted/source"));
	check_number("all keys are adopted", count, atoi(state("adopted/count")));
	check_number("none is skipped", 0, atoi(state("adopted/skipped")));
	check_number("the ring has no others", count, count_members());
}

static void check_none_adopted(void)
{
	check_text("what was handed over is empty", "empty", state("adopted/status"));
	check_text("by no image", "none", state("adopted/source"));
	check_number("no key is adopted", 0, atoi(state("adopted/count")));
	check_number("the ring is empty", 0, count_members());
}

static void check_all_keys(void)
{
	for (int i = 0; i < KEYS; i++)
		check_key(i, 0);
	for (int i = 0; i < KEYS; i++)
		describe(i, find_key(i));
}

/* --- cases ------------------------------------------------------------------ */

static void panic_first(void)
{
	designate_all();
	load_crash();
	check_becomes("the image holds the keys", "crash/carried", "4");
	check_becomes("and all of them", "crash/state", "synced");
	for (int i = 0; i < KEYS; i++)
		describe(i, find_key(i));
	leave_by_panic();
}

static void panic_next(void)
{
	check_after_panic();
	check_adopted("crash", KEYS);
	check_all_keys();
}

/* One is unlinked, one revoked, one gets another payload, one is new. */
static void changes_first(void)
{
	unsigned char payload[MAX_PAYLOAD];
	size_t len = make_payload(2, 1, payload);

	for (int i = 0; i < KEYS - 1; i++)
		designate(i);
	load_crash();
	check_becomes("the image holds the keys", "crash/carried", "3");
	check(!keyctl(KEYCTL_UNLINK, find_key(0), ring(), 0, 0), "one is unlinked");
	check(!keyctl(KEYCTL_REVOKE, find_key(1), 0, 0, 0), "one is revoked");
	check(!keyctl(KEYCTL_UPDATE, find_key(2), (long)payload, len, 0), "one is changed");
	designate(3);
	check_becomes("the image holds those that are left", "crash/carried", "2");
	check_becomes("as they are now", "crash/state", "synced");
	check_becomes("and can be read there", "crash/verify", "ok");
	leave_by_panic();
}

static void changes_next(void)
{
	check_after_panic();
	check_adopted("crash", 2);
	check_key(2, 1);
	check_key(3, 0);
}

static void panic_off_first(void)
{
	write_file(PARAMETERS "crash", "N");
	designate_all();
	load_crash();
	check_becomes("the image holds none", "crash/state", "disabled");
	leave_by_panic();
}

static void panic_off_next(void)
{
	check_after_panic();
	check_none_adopted();
}

static void kexec_first(void)
{
	write_file(PARAMETERS "reboot", "Y");
	designate_all();
	load(0);
	check_becomes("the image would carry the keys", "reboot/carried", "4");
	check_becomes("it is armed", "reboot/state", "armed");
	for (int i = 0; i < KEYS; i++)
		describe(i, find_key(i));
	leave_by_kexec();
}

static void kexec_next(void)
{
	check_adopted("reboot", KEYS);
	check_all_keys();
}

static void kexec_off_first(void)
{
	designate_all();
	load(0);
	check_becomes("the image would carry none", "reboot/state", "disabled");
	leave_by_kexec();
}

static void kexec_off_next(void)
{
	check_none_adopted();
}

static const struct {
	const char *name;
	void (*first)(void);
	void (*next)(void);
} cases[] = {
	{ "panic",	panic_first,		panic_next },
	{ "changes",	changes_first,		changes_next },
	{ "panic_off",	panic_off_first,	panic_off_next },
	{ "kexec",	kexec_first,		kexec_next },
	{ "kexec_off",	kexec_off_first,	kexec_off_next },
	{ NULL },
};

/* What the cases need of the kernel; without it they are skipped. */
static const char *missing(void)
{
	unsigned char mac[MAC_SIZE];

	if (!atoi(state("ring")))
		return "a kernel with CONFIG_KEYS_KEXEC";
	if (compute_mac(0, 0, 0, mac))
		return "a kernel with CONFIG_CRYPTO_USER_API_HASH, _HMAC and _SHA256";
	return NULL;
}

static void run(const char *name, int first)
{
	for (int i = 0; cases[i].name; i++) {
		if (strcmp(cases[i].name, name))
			continue;
		possess_ring();
		if (first)
			cases[i].first();
		else
			cases[i].next();
		return;
	}
	say("FAIL ", "no such case: ", name);
}

int main(void)
{
	const char *kernel = getenv("vmtest_kernel"), *name = getenv("vmtest_case");
	int first = kernel && !strcmp(kernel, "first");

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mknod("/kmsg", S_IFCHR | 0600, makedev(1, 11));
	log_fd = open("/kmsg", O_WRONLY);
	say("enter ", kernel ? kernel : "", "");
	if (first && missing())
		say("missing ", missing(), "");
	else
		run(name ? name : "", first);
	depart("end");
	reboot(LINUX_REBOOT_CMD_RESTART);
	return 1;
}
