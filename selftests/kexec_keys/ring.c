// SPDX-License-Identifier: GPL-2.0-only
/*
 * The .kexec keyring: who may do what to it, and which changes are noticed.
 * Needs neither an image nor a second kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "keys.h"

#define NOBODY		65534
#define DESC		TEST_PREFIX "key"
#define PERM_USR(perm)	((perm) >> 16 & 0x3f)
#define PERM_GRP_OTH(perm) ((perm) & 0x3f3f)
#define ROOT_MAY	0x1f	/* view, read, write, search, link; not setattr */
#define WAIT_MS		5000
/* A change that is not to be noticed is waited for that long. */
#define QUIET_MS	300

/* Not the key of anything: a payload that no other key has. */
static const char payload[] = "kexec_keys_selftest_payload_0123";

static void set_effective_cap(int cap, bool on)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(__NR_capget, &header, data))
		abort();
	if (on)
		data[CAP_TO_INDEX(cap)].effective |= CAP_TO_MASK(cap);
	else
		data[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	if (syscall(__NR_capset, &header, data))
		abort();
}

static void drop_all_caps(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(__NR_capset, &header, data))
		abort();
}

static int add_logon(int ring)
{
	return add_key("logon", DESC, payload, strlen(payload), ring);
}

static bool in_ring(int key, int ring)
{
	static int members[MAX_MEMBERS];
	long n = ring_members(ring, members);

	while (n-- > 0)
		if (members[n] == key)
			return true;
	return false;
}

static long count_members(int ring)
{
	static int members[MAX_MEMBERS];

	return ring_members(ring, members);
}

/* A poll of crash/state, which every update of the crash image wakes. */
static int watch_changes(void)
{
	struct pollfd poller = { .events = POLLPRI };
	char buf[32];

	poller.fd = open(KEYS_DIR "/crash/state", O_RDONLY);
	if (poller.fd < 0)
		abort();
	do {
		if (pread(poller.fd, buf, sizeof(buf), 0) <= 0)
			abort();
	} while (poll(&poller, 1, QUIET_MS));
	return poller.fd;
}

static bool was_noticed(int fd, int ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLPRI };
	bool noticed = poll(&poller, 1, ms);

	close(fd);
	return noticed;
}

FIXTURE(ring) {
	int ring;
	/* A keyring of this test alone, for keys that are not designated. */
	int own;
};

FIXTURE_SETUP(ring)
{
	self->ring = read_number("ring");
	ASSERT_GT(self->ring, 0);
	self->own = keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);
	ASSERT_GT(self->own, 0);
	remove_test_keys(self->ring);
}

FIXTURE_TEARDOWN(ring)
{
	remove_test_keys(self->ring);
}

TEST_F(ring, grants_root_alone)
{
	char buf[256], type[32], desc[32];
	unsigned int perm;
	int uid, gid, fields;

	ASSERT_GT(keyctl_describe(self->ring, buf, sizeof(buf)), 0);
	fields = sscanf(buf, "%31[^;];%d;%d;%x;%31s", type, &uid, &gid, &perm, desc);
	ASSERT_EQ(5, fields);
	EXPECT_STREQ("keyring", type);
	EXPECT_STREQ(".kexec", desc);
	EXPECT_EQ(0, uid);
	EXPECT_EQ(0, gid);
	EXPECT_EQ(ROOT_MAY, PERM_USR(perm));
	EXPECT_EQ(0, PERM_GRP_OTH(perm));
}

/* libkeyutils and libcryptsetup resolve "%:.kexec" there. */
TEST_F(ring, is_listed_in_proc_keys)
{
	FILE *keys = fopen("/proc/keys", "r");
	bool found = false;
	char line[1024];
	int serial;

	if (!keys)
		SKIP(return, "no /proc/keys: CONFIG_PROC_FS");
	while (!found && fgets(line, sizeof(line), keys))
		found = sscanf(line, "%x", &serial) == 1 && serial == self->ring &&
			strstr(line, " .kexec: ");
	fclose(keys);
	EXPECT_TRUE(found);
}

TEST_F(ring, takes_a_logon_key)
{
	int key = add_logon(self->ring);

	ASSERT_GT(key, 0);
	EXPECT_TRUE(in_ring(key, self->ring));
}

TEST_F(ring, takes_a_link_to_a_logon_key)
{
	int key = add_logon(self->own);

	ASSERT_GT(key, 0);
	EXPECT_EQ(0, keyctl_link(key, self->ring));
	EXPECT_TRUE(in_ring(key, self->ring));
}

TEST_F(ring, refuses_a_user_key)
{
	EXPECT_EQ(-1, add_key("user", DESC, payload, strlen(payload), self->ring));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

TEST_F(ring, refuses_a_link_to_a_user_key)
{
	int key = add_key("user", DESC, payload, strlen(payload), self->own);

	ASSERT_GT(key, 0);
	EXPECT_EQ(-1, keyctl_link(key, self->ring));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_FALSE(in_ring(key, self->ring));
}

TEST_F(ring, refuses_a_keyring)
{
	EXPECT_EQ(-1, add_key("keyring", DESC, NULL, 0, self->ring));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, keyctl_link(self->own, self->ring));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

TEST_F(ring, adding_needs_cap_sys_boot)
{
	set_effective_cap(CAP_SYS_BOOT, false);
	EXPECT_EQ(-1, add_logon(self->ring));
	EXPECT_EQ(EACCES, errno);
	set_effective_cap(CAP_SYS_BOOT, true);
	EXPECT_GT(add_logon(self->ring), 0);
}

TEST_F(ring, linking_needs_cap_sys_boot)
{
	int key = add_logon(self->own);

	ASSERT_GT(key, 0);
	set_effective_cap(CAP_SYS_BOOT, false);
	EXPECT_EQ(-1, keyctl_link(key, self->ring));
	EXPECT_EQ(EACCES, errno);
	set_effective_cap(CAP_SYS_BOOT, true);
	EXPECT_FALSE(in_ring(key, self->ring));
}

/* What a process that is root without its capabilities tries with a key, and the ring. */
static int count_granted(int ring, int own, int key)
{
	int granted = 0;

	granted += keyctl_link(ring, own) == 0;
	granted += keyctl_search(ring, "logon", DESC) > 0;
	granted += request_key("logon", DESC, NULL, 0) > 0;
	granted += keyctl(KEYCTL_UPDATE, key, (unsigned long)"garbage", 7, 0) == 0;
	granted += keyctl(KEYCTL_SET_TIMEOUT, key, 1, 0, 0) == 0;
	granted += keyctl(KEYCTL_REVOKE, key, 0, 0, 0) == 0;
	granted += keyctl_unlink(key, ring) == 0;
	granted += keyctl(KEYCTL_CLEAR, ring, 0, 0, 0) == 0;
	granted += keyctl(KEYCTL_REVOKE, ring, 0, 0, 0) == 0;
	granted += keyctl(KEYCTL_INVALIDATE, ring, 0, 0, 0) == 0;
	granted += keyctl(KEYCTL_SET_TIMEOUT, ring, 1, 0, 0) == 0;
	return granted;
}

/* With what a key grants to a possessor alone, as is the default. */
TEST_F(ring, root_without_capabilities_gets_nothing)
{
	int key = add_logon(self->ring);
	int status;
	pid_t pid;

	ASSERT_GT(key, 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		drop_all_caps();
		_exit(count_granted(self->ring, self->own, key));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(in_ring(key, self->ring));
}

/* There is no other until the next boot. */
TEST_F(ring, cannot_be_revoked_or_invalidated)
{
	EXPECT_EQ(-1, keyctl(KEYCTL_REVOKE, self->ring, 0, 0, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, keyctl(KEYCTL_INVALIDATE, self->ring, 0, 0, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, keyctl(KEYCTL_SET_TIMEOUT, self->ring, 1, 0, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_GT(add_logon(self->ring), 0);
}

/*
 * A key that request_key() constructs goes into the destination keyring by a way
 * of its own. Whether anything can construct the key does not matter: a negative
 * one would be linked too.
 */
TEST_F(ring, request_key_does_not_bypass)
{
	long before = count_members(self->ring);

	ASSERT_GE(before, 0);
	EXPECT_EQ(-1, request_key("user", DESC, "info", self->ring));
	EXPECT_EQ(before, count_members(self->ring));

	set_effective_cap(CAP_SYS_BOOT, false);
	EXPECT_EQ(-1, request_key("logon", DESC, "info", self->ring));
	set_effective_cap(CAP_SYS_BOOT, true);
	EXPECT_EQ(before, count_members(self->ring));
}

/*
 * A process that adds the key that another one requests at the same moment: between
 * request_key()'s first look, in vain, and the one before it constructs the key. Both
 * processes have the session keyring, and @start, in common.
 */
struct race {
	int start;
	int added;
};

#define RACES		400
/* The second process begins up to so many steps of its own after the first. */
#define MAX_DELAY	2000

static void race_desc(char *desc, size_t size, int i)
{
	snprintf(desc, size, TEST_PREFIX "race%d", i);
}

static void await(int *number, int value)
{
	while (__atomic_load_n(number, __ATOMIC_SEQ_CST) < value)
		;
}

static void add_when_told(struct race *race, int own)
{
	char desc[64];

	for (int i = 1; i <= RACES; i++) {
		race_desc(desc, sizeof(desc), i);
		await(&race->start, i);
		for (int delay = i * 37 % MAX_DELAY; delay; delay--)
			__atomic_load_n(&race->start, __ATOMIC_SEQ_CST);
		add_key("user", desc, payload, strlen(payload), own);
		__atomic_store_n(&race->added, i, __ATOMIC_SEQ_CST);
	}
}

TEST_F(ring, request_key_does_not_link_what_was_constructed_meanwhile)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long before = count_members(self->ring);
	char desc[64];
	int status;
	pid_t pid;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "a race takes two processors");
	ASSERT_NE(MAP_FAILED, race);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		add_when_told(race, self->own);
		_exit(0);
	}
	for (int i = 1; i <= RACES; i++) {
		race_desc(desc, sizeof(desc), i);
		__atomic_store_n(&race->start, i, __ATOMIC_SEQ_CST);
		EXPECT_EQ(-1, request_key("user", desc, "info", self->ring));
		await(&race->added, i);
		keyctl(KEYCTL_CLEAR, self->own, 0, 0, 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(before, count_members(self->ring));
}

TEST_F(ring, other_users_get_nothing)
{
	char buf[256];

	ASSERT_GT(add_logon(self->ring), 0);
	ASSERT_EQ(0, seteuid(NOBODY));
	EXPECT_EQ(-1, keyctl_describe(self->ring, buf, sizeof(buf)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, keyctl_read(self->ring, buf, sizeof(buf)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, keyctl_search(self->ring, "logon", DESC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, keyctl_link(self->ring, KEY_SPEC_THREAD_KEYRING));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, keyctl(KEYCTL_CLEAR, self->ring, 0, 0, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, add_logon(self->ring));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, seteuid(0));
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Become root of a user namespace of one's own, in which @uid is mapped to 0. */
static bool be_root_of_a_namespace(int uid)
{
	char map[64];

	/* A change of identity takes a process's files in /proc from it. */
	if (setresuid(uid, uid, uid) || unshare(CLONE_NEWUSER) ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
		return false;
	snprintf(map, sizeof(map), "0 %d 1", uid);
	return write_file("/proc/self/uid_map", map) && !geteuid();
}

/* Whether that works here at all: tried in a process of its own. */
static bool has_user_namespaces(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(!be_root_of_a_namespace(NOBODY));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

TEST_F(ring, root_of_a_user_namespace_gets_nothing)
{
	int key = add_logon(self->ring);
	long members = count_members(self->ring);
	int status;
	pid_t pid;

	if (!has_user_namespaces())
		SKIP(return, "no user namespace for an ordinary user");
	ASSERT_GT(key, 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		char buf[256];
		int own;

		ASSERT_TRUE(be_root_of_a_namespace(NOBODY));
		own = keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);
		ASSERT_GT(own, 0);
		own = add_logon(own);
		ASSERT_GT(own, 0);
		EXPECT_EQ(-1, keyctl_describe(self->ring, buf, sizeof(buf)));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, keyctl_link(own, self->ring));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, add_logon(self->ring));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, keyctl_unlink(key, self->ring));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, keyctl(KEYCTL_CLEAR, self->ring, 0, 0, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, keyctl_link(self->ring, KEY_SPEC_SESSION_KEYRING));
		EXPECT_EQ(EACCES, errno);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(in_ring(key, self->ring));
	EXPECT_EQ(members, count_members(self->ring));
}

/* With root's uid there, but with no capability outside. */
TEST_F(ring, root_in_a_user_namespace_of_its_own_gets_nothing)
{
	int key = add_logon(self->ring);
	long members = count_members(self->ring);
	int status;
	pid_t pid;

	if (!has_user_namespaces())
		SKIP(return, "no user namespace for an ordinary user");
	ASSERT_GT(key, 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		ASSERT_TRUE(be_root_of_a_namespace(0));
		EXPECT_EQ(-1, add_logon(self->ring));
		EXPECT_EQ(EACCES, errno);
		_exit(count_granted(self->ring, self->own, key));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(members, count_members(self->ring));
}

/* Updating in place would need a permission that only a possessor has. */
TEST_F(ring, adding_again_displaces)
{
	int first = add_logon(self->ring);
	long members = count_members(self->ring);
	int second = add_logon(self->ring);

	ASSERT_GT(first, 0);
	ASSERT_GT(second, 0);
	EXPECT_NE(first, second);
	EXPECT_FALSE(in_ring(first, self->ring));
	EXPECT_TRUE(in_ring(second, self->ring));
	EXPECT_EQ(members, count_members(self->ring));
}

TEST_F(ring, displacing_leaves_the_other_key_alone)
{
	int first = add_logon(self->own);

	ASSERT_GT(first, 0);
	ASSERT_EQ(0, keyctl_link(first, self->ring));
	ASSERT_GT(add_logon(self->ring), 0);
	EXPECT_TRUE(in_ring(first, self->own));
	EXPECT_EQ(first, keyctl_search(self->own, "logon", DESC));
}

TEST_F(ring, payload_cannot_be_read)
{
	int key = add_logon(self->ring);
	char buf[sizeof(payload)];

	ASSERT_GT(key, 0);
	EXPECT_EQ(-1, keyctl_read(key, buf, sizeof(buf)));
	EXPECT_EQ(EACCES, errno);

	ASSERT_EQ(0, keyctl_link(self->ring, self->own));
	EXPECT_EQ(-1, keyctl_read(key, buf, sizeof(buf)));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

/* How dm-crypt and AF_ALG, which search what the caller possesses, find a key. */
TEST_F(ring, linking_the_ring_makes_its_keys_found)
{
	int key = add_logon(self->ring);

	ASSERT_GT(key, 0);
	EXPECT_EQ(-1, request_key("logon", DESC, NULL, 0));
	EXPECT_EQ(ENOKEY, errno);
	ASSERT_EQ(0, keyctl_link(self->ring, self->own));
	EXPECT_EQ(key, request_key("logon", DESC, NULL, 0));
}

TEST_F(ring, unlink_removes)
{
	int key = add_logon(self->ring);

	ASSERT_GT(key, 0);
	EXPECT_EQ(0, keyctl_unlink(key, self->ring));
	EXPECT_FALSE(in_ring(key, self->ring));
}

TEST_F(ring, clear_removes_all)
{
	if (count_members(self->ring))
		SKIP(return, "the machine has designated keys, which stay");
	ASSERT_GT(add_logon(self->ring), 0);
	EXPECT_EQ(0, keyctl(KEYCTL_CLEAR, self->ring, 0, 0, 0));
	EXPECT_EQ(0, count_members(self->ring));
}

/* It is the kernel's: neither its restriction nor its owner can be changed. */
TEST_F(ring, permissions_cannot_be_changed)
{
	EXPECT_EQ(-1, keyctl(KEYCTL_SETPERM, self->ring, 0x3f3f3f3f, 0, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, keyctl(KEYCTL_CHOWN, self->ring, NOBODY, -1, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, keyctl(KEYCTL_RESTRICT_KEYRING, self->ring, 0, 0, 0));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(ring, an_add_and_an_unlink_are_noticed)
{
	int fd = watch_changes();
	int key = add_logon(self->ring);

	ASSERT_GT(key, 0);
	EXPECT_TRUE(was_noticed(fd, WAIT_MS));

	fd = watch_changes();
	ASSERT_EQ(0, keyctl_unlink(key, self->ring));
	EXPECT_TRUE(was_noticed(fd, WAIT_MS));
}

TEST_F(ring, a_displacement_is_noticed)
{
	int fd;

	ASSERT_GT(add_logon(self->ring), 0);
	fd = watch_changes();
	ASSERT_GT(add_logon(self->ring), 0);
	EXPECT_TRUE(was_noticed(fd, WAIT_MS));
}

/* Any user can change a key of his own in a loop: it must cost nothing here. */
TEST_F(ring, changes_of_other_keys_cost_nothing)
{
	int key = add_logon(self->own);
	int fd = watch_changes();

	ASSERT_GT(key, 0);
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0, keyctl(KEYCTL_UPDATE, key, (unsigned long)payload,
				    strlen(payload), 0));
	EXPECT_FALSE(was_noticed(fd, QUIET_MS));
}

static void skip_all(const char *reason)
{
	ksft_print_header();
	ksft_exit_skip("%s\n", reason);
}

static int cleanup_ring;

/* A test that was killed has left its keys. */
static void clean_up(void)
{
	remove_test_keys(cleanup_ring);
}

/* runner.sh so ends a test that takes too long; no teardown runs then. */
static void clean_up_and_die(int sig)
{
	clean_up();
	signal(sig, SIG_DFL);
	raise(sig);
}

int main(int argc, char **argv)
{
	if (geteuid())
		skip_all("only root can use the keyring");
	if (access("/sys/kernel", F_OK))
		skip_all("sysfs is not mounted");
	if (access(KEYS_DIR, F_OK))
		skip_all("no " KEYS_DIR ": a kernel without CONFIG_KEYS_KEXEC");

	cleanup_ring = read_number("ring");
	signal(SIGTERM, clean_up_and_die);
	signal(SIGINT, clean_up_and_die);
	signal(SIGHUP, clean_up_and_die);
	atexit(clean_up);
	return test_harness_run(argc, argv);
}
