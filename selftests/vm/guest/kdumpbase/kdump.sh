#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

if [ "$1" = --error-handler ]; then
	echo "kdump: failed" > /dev/console
else
	makedumpfile -F -l -d 31 /proc/vmcore > /kdumproot/var/crash/dump.kdumpbase ||
		echo "kdump: not saved" > /dev/console
	sync
fi
exec systemctl reboot --force --force
