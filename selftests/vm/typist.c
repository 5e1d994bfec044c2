// SPDX-License-Identifier: GPL-2.0-only
/*
 * typist LINE... -- COMMAND...: runs it on a terminal of its own, and answers each
 * of its prompts, which end in ": ", with the next line; "^C" is the key. Passes on
 * what the terminal shows, says at the end whether it echoes, and ends as the
 * command did (128 and the signal).
 */
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

static void answer(int tty, const char *line)
{
	char text[600];
	int n = !strcmp(line, "^C") ? snprintf(text, sizeof(text), "\3") :
				      snprintf(text, sizeof(text), "%s\n", line);

	if (write(tty, text, n) != n)
		perror("typist: write");
}

static void converse(int tty, char **lines)
{
	char last[2] = "", c;

	while (read(tty, &c, 1) == 1) {
		if (c != '\r')
			putchar(c);
		last[0] = last[1];
		last[1] = c;
		if (!memcmp(last, ": ", 2) && strcmp(*lines, "--"))
			answer(tty, *lines++);
	}
}

int main(int argc, char **argv)
{
	char **command = argv + 1;
	int tty, slave, status = 0;
	struct termios mode;
	pid_t pid;

	while (*command && strcmp(*command, "--"))
		command++;
	if (argc < 3 || !*command || !command[1]) {
		fputs("usage: typist LINE... -- COMMAND...\n", stderr);
		return 125;
	}
	if (openpty(&tty, &slave, NULL, NULL, NULL)) {
		perror("typist: openpty");
		return 125;
	}
	pid = fork();
	if (!pid) {
		login_tty(slave);
		execvp(command[1], command + 1);
		_exit(127);
	}
	close(slave);
	converse(tty, argv + 1);
	waitpid(pid, &status, 0);
	tcgetattr(tty, &mode);
	printf("the terminal %s\n", mode.c_lflag & ECHO ? "echoes" : "is silent");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
