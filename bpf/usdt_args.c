// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/usdt_args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- registers: place in struct pt_regs, in words -------------------------------------------- */

#if defined(__x86_64__)
/* In the order of struct pt_regs; the names by which operands of 8, 4, 2 and 1 bytes call them. */
static const char *const registers[][4] = {
	{ "r15", "r15d", "r15w", "r15b" },
	{ "r14", "r14d", "r14w", "r14b" },
	{ "r13", "r13d", "r13w", "r13b" },
	{ "r12", "r12d", "r12w", "r12b" },
	{ "rbp", "ebp", "bp", "bpl" },
	{ "rbx", "ebx", "bx", "bl" },
	{ "r11", "r11d", "r11w", "r11b" },
	{ "r10", "r10d", "r10w", "r10b" },
	{ "r9", "r9d", "r9w", "r9b" },
	{ "r8", "r8d", "r8w", "r8b" },
	{ "rax", "eax", "ax", "al" },
	{ "rcx", "ecx", "cx", "cl" },
	{ "rdx", "edx", "dx", "dl" },
	{ "rsi", "esi", "si", "sil" },
	{ "rdi", "edi", "di", "dil" },
	{ "" }, /* orig_rax */
	{ "rip" },
	{ "" }, /* cs */
	{ "" }, /* eflags */
	{ "rsp", "esp", "sp", "spl" },
};

static int register_word(const char *name)
{
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		for (size_t k = 0; k < 4 && registers[i][k]; k++)
			if (*name && !strcmp(name, registers[i][k]))
				return (int)i;
	return -ENOTSUP;
}
#elif defined(__aarch64__)
static int register_word(const char *name)
{
	unsigned int nr;
	char end;

	if (!strcmp(name, "sp"))
		return 31;
	if ((*name == 'x' || *name == 'w') && sscanf(name + 1, "%2u%c", &nr, &end) == 1 && nr < 31)
		return (int)nr;
	return -ENOTSUP;
}
#else
static int register_word(const char *name)
{
	(void)name;
	return -ENOTSUP;
}
#endif

/* ---- operands -------------------------------------------------------------------------------- */

/* "%rdi", "x0", "-16(%rbp)", "[sp, 60]" of at most @op: takes register and displacement apart. */
static int parse_register(struct usdt_arg_spec *a, const char *op, char *name, long long *add)
{
	int n = 0;

	*add = 0;
#ifdef __x86_64__
	if (sscanf(op, "%%%15[a-z0-9]%n", name, &n) == 1 && !op[n]) {
		a->type = USDT_ARG_REG;
		return 0;
	}
	a->type = USDT_ARG_REG_DEREF;
	n = 0;
	if (sscanf(op, "(%%%15[a-z0-9])%n", name, &n) == 1 && n && !op[n])
		return 0;
	n = 0;
	if (sscanf(op, "%lli(%%%15[a-z0-9])%n", add, name, &n) == 2 && n && !op[n])
		return 0;
#else
	if (sscanf(op, "%15[a-z0-9]%n", name, &n) == 1 && !op[n]) {
		a->type = USDT_ARG_REG;
		return 0;
	}
	a->type = USDT_ARG_REG_DEREF;
	n = 0;
	if (sscanf(op, "[%15[a-z0-9]]%n", name, &n) == 1 && n && !op[n])
		return 0;
	n = 0;
	if (sscanf(op, "[%15[a-z0-9], %lli]%n", name, add, &n) == 2 && n && !op[n])
		return 0;
#endif
	return -ENOTSUP;
}

/* A constant is "$5" on x86, "5" on arm64. */
static bool parse_constant(const char *op, uint64_t *value)
{
	char *end;

#ifdef __x86_64__
	if (*op++ != '$')
		return false;
#endif
	errno = 0;
	*value = *op == '-' ? (uint64_t)strtoll(op, &end, 0) : strtoull(op, &end, 0);
	return !errno && end > op && !*end;
}

static int parse_operand(struct usdt_arg_spec *a, const char *op)
{
	char name[16] = "";
	long long add;
	int word, ret;

	if (parse_constant(op, &a->val_off)) {
		a->type = USDT_ARG_CONST;
		return 0;
	}
	ret = parse_register(a, op, name, &add);
	if (ret)
		return ret;
	word = register_word(name);
	if (word < 0)
		return word;
	a->reg_off = (int16_t)(word * 8);
	a->val_off = (uint64_t)add;
	return 0;
}

/*
 * The next argument of *@args, "size@operand", into @operand; operands have blanks within brackets.
 * Return: its size, 0: there is none left, or -EINVAL.
 */
static int next_argument(const char **args, char *operand, size_t len)
{
	const char *at = *args + strspn(*args, " "), *end;
	bool bracket = false;
	char *number_end;
	long size;

	if (!*at)
		return 0;
	size = strtol(at, &number_end, 10);
	if (number_end == at || *number_end != '@')
		return -EINVAL;
	if (size != 1 && size != -1 && size != 2 && size != -2 && size != 4 && size != -4 &&
	    size != 8 && size != -8)
		return -EINVAL;
	at = number_end + 1;
	for (end = at; *end && (*end != ' ' || bracket); end++)
		bracket = *end == '[' || (bracket && *end != ']');
	if (end == at || (size_t)(end - at) >= len)
		return -EINVAL;
	memcpy(operand, at, (size_t)(end - at));
	operand[end - at] = 0;
	*args = end;
	return (int)size;
}

bool usdt_args_known(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
	return true;
#else
	return false;
#endif
}

int usdt_args_parse(struct usdt_spec *spec, const char *args)
{
	char operand[64];
	int size, ret;

	memset(spec->arg, 0, sizeof(spec->arg));
	spec->nr_args = 0;
	while ((size = next_argument(&args, operand, sizeof(operand)))) {
		struct usdt_arg_spec *a = &spec->arg[spec->nr_args];

		if (size == -EINVAL)
			return -EINVAL;
		if (spec->nr_args == USDT_MAX_SPEC_ARGS)
			return -E2BIG;
		ret = parse_operand(a, operand);
		if (ret)
			return ret;
		a->is_signed = size < 0;
		a->bitshift = (char)(64 - 8 * abs(size));
		spec->nr_args++;
	}
	return 0;
}
