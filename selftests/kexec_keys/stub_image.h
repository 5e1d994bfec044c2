/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel image for a machine that has none in /boot: kexec_file_load(2) takes it
 * like any other, and it does nothing. It is not meant to be executed: should the
 * machine panic meanwhile, x86 resets, and others stop.
 */
#ifndef KEXEC_KEYS_SELFTEST_STUB_IMAGE_H
#define KEXEC_KEYS_SELFTEST_STUB_IMAGE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STUB_IMAGE_SIZE	(64 * 1024)

#if defined(__x86_64__)
#include <asm/bootparam.h>

#define SECTOR		512
#define ENTRY_64	0x200	/* from the end of the setup sectors */

/* A bzImage: one setup sector beside the boot sector. */
static inline size_t stub_image(unsigned char *image)
{
	static const unsigned char invalid_opcode[] = { 0x0f, 0x0b };
	struct setup_header header = {
		.setup_sects		= 1,
		.boot_flag		= 0xaa55,
		.jump			= 0xeb | (sizeof(header) - 0x11) << 8,
		.header			= 0x53726448,	/* "HdrS" */
		.version		= 0x020f,
		.loadflags		= LOADED_HIGH,
		.cmdline_size		= 2047,
		.kernel_alignment	= 0x200000,
		.relocatable_kernel	= 1,
		.xloadflags		= XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G |
					  XLF_5LEVEL | XLF_5LEVEL_ENABLED,
		.init_size		= STUB_IMAGE_SIZE,
	};

	memset(image, 0, STUB_IMAGE_SIZE);
	memcpy(image + offsetof(struct boot_params, hdr), &header, sizeof(header));
	memcpy(image + 2 * SECTOR + ENTRY_64, invalid_opcode, sizeof(invalid_opcode));
	return STUB_IMAGE_SIZE;
}

#elif defined(__aarch64__)

/* The lowest flag. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BIG_ENDIAN_IMAGE	1
#else
#define BIG_ENDIAN_IMAGE	0
#endif

/* An Image, as Documentation/arch/arm64/booting.rst has it: a branch to itself. */
static inline size_t stub_image(unsigned char *image)
{
	struct {
		uint32_t code[2];
		uint64_t text_offset, image_size, flags, reserved[3];
		char magic[4];
		uint32_t reserved2;
	} header = {
		.code		= { htole32(0x14000000) },
		.image_size	= htole64(STUB_IMAGE_SIZE),
		.flags		= htole64(BIG_ENDIAN_IMAGE),
		.magic		= "ARM\x64",
	};

	memset(image, 0, STUB_IMAGE_SIZE);
	memcpy(image, &header, sizeof(header));
	return STUB_IMAGE_SIZE;
}

#elif defined(__powerpc64__) || (defined(__riscv) && __riscv_xlen == 64)

#include <linux/elf.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define STUB_DATA	ELFDATA2MSB
#else
#define STUB_DATA	ELFDATA2LSB
#endif
#ifdef __riscv
#define STUB_MACHINE	EM_RISCV
#else
#define STUB_MACHINE	EM_PPC64
#endif
#define STUB_CODE	4096	/* its offset in the file */

/* A vmlinux of one segment that is zero: an invalid opcode. */
static inline size_t stub_image(unsigned char *image)
{
	struct elf64_hdr ehdr = {
		.e_ident	= { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				    STUB_DATA, EV_CURRENT },
		.e_type		= ET_EXEC,
		.e_machine	= STUB_MACHINE,
		.e_version	= EV_CURRENT,
		.e_phoff	= sizeof(ehdr),
		.e_ehsize	= sizeof(ehdr),
		.e_phentsize	= sizeof(struct elf64_phdr),
		.e_phnum	= 1,
	};
	struct elf64_phdr phdr = {
		.p_type		= PT_LOAD,
		.p_flags	= PF_R | PF_W | PF_X,
		.p_offset	= STUB_CODE,
		.p_filesz	= STUB_IMAGE_SIZE - STUB_CODE,
		.p_memsz	= STUB_IMAGE_SIZE - STUB_CODE,
		.p_align	= 0x10000,
	};

	memset(image, 0, STUB_IMAGE_SIZE);
	memcpy(image, &ehdr, sizeof(ehdr));
	memcpy(image + sizeof(ehdr), &phdr, sizeof(phdr));
	return STUB_IMAGE_SIZE;
}

#else

/* What kexec_file_load(2) takes on this architecture is not known here. */
static inline size_t stub_image(unsigned char *image)
{
	return 0;
}

#endif
#endif
