// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>
#include <sys/user.h>

#include "bpf/usdt_args.h"

#ifdef __x86_64__
#define REG(name) offsetof(struct user_regs_struct, name)

struct operand {
	char text[32];
	enum usdt_arg_type type;
	long long value;
	int reg, bits;
	bool is_signed;
};

ParameterizedTestParameters(usdt_args, operands)
{
	static struct operand operands[] = {
		{ "-4@$5", USDT_ARG_CONST, 5, 0, 32, true },
		{ "-4@$-9", USDT_ARG_CONST, -9, 0, 32, true },
		{ "8@$0x10", USDT_ARG_CONST, 16, 0, 64, false },
		{ "8@$18446744073709551615", USDT_ARG_CONST, -1, 0, 64, false },
		{ "8@%rdi", USDT_ARG_REG, 0, REG(rdi), 64, false },
		{ "-4@%eax", USDT_ARG_REG, 0, REG(rax), 32, true },
		{ "2@%r15w", USDT_ARG_REG, 0, REG(r15), 16, false },
		{ "-1@%sil", USDT_ARG_REG, 0, REG(rsi), 8, true },
		{ "1@%r8b", USDT_ARG_REG, 0, REG(r8), 8, false },
		{ "8@%rsp", USDT_ARG_REG, 0, REG(rsp), 64, false },
		{ "8@%rip", USDT_ARG_REG, 0, REG(rip), 64, false },
		{ "8@(%rbx)", USDT_ARG_REG_DEREF, 0, REG(rbx), 64, false },
		{ "-4@-1204(%rbp)", USDT_ARG_REG_DEREF, -1204, REG(rbp), 32, true },
		{ "8@0x20(%r12)", USDT_ARG_REG_DEREF, 32, REG(r12), 64, false },
	};

	return cr_make_param_array(struct operand, operands,
				   sizeof(operands) / sizeof(operands[0]));
}

ParameterizedTest(struct operand *o, usdt_args, operands)
{
	struct usdt_spec spec = { .cookie = 7 };
	const struct usdt_arg_spec *a = &spec.arg[0];

	cr_assert_eq(usdt_args_parse(&spec, o->text), 0, "%s", o->text);
	cr_expect_eq(spec.nr_args, 1, "%s", o->text);
	cr_expect_eq(spec.cookie, 7);
	cr_expect_eq(a->type, o->type, "%s", o->text);
	cr_expect_eq((long long)a->val_off, o->value, "%s: %llx", o->text,
		     (unsigned long long)a->val_off);
	cr_expect_eq(a->reg_off, o->reg, "%s: %d", o->text, a->reg_off);
	cr_expect_eq(a->is_signed, o->is_signed, "%s", o->text);
	cr_expect_eq(a->bitshift, 64 - o->bits, "%s", o->text);
}

struct refused {
	char text[192];
	int ret;
};

ParameterizedTestParameters(usdt_args, refused)
{
	static struct refused refused[] = {
		{ "8@(%rax,%rbx,8)", -ENOTSUP },
		{ "8@8(%rax,%rbx)", -ENOTSUP },
		{ "8@symbol(%rip)", -ENOTSUP },
		{ "8@%xmm0", -ENOTSUP },
		{ "8@%", -ENOTSUP },
		{ "8@%rdi)", -ENOTSUP },
		{ "8@(%rdi", -ENOTSUP },
		{ "8@(%rdi)x", -ENOTSUP },
		{ "8@$", -ENOTSUP },
		{ "8@$5x", -ENOTSUP },
		{ "8@%cs", -ENOTSUP },
		{ "8@", -EINVAL },
		{ "@%rdi", -EINVAL },
		{ "3@%rdi", -EINVAL },
		{ "0@%rdi", -EINVAL },
		{ "%rdi", -EINVAL },
		{ "-4@$1 rubbish", -EINVAL },
		{ "8@-00000000000000000000000000000000000000000000000000000000000000(%rax)",
		  -EINVAL },
		{ "8@$1 8@$1 8@$1 8@$1 8@$1 8@$1 8@$1 8@$1 8@$1 8@$1 8@$1 8@$1 8@$1", -E2BIG },
	};

	return cr_make_param_array(struct refused, refused, sizeof(refused) / sizeof(refused[0]));
}

ParameterizedTest(struct refused *r, usdt_args, refused)
{
	struct usdt_spec spec;
	int ret = usdt_args_parse(&spec, r->text);

	cr_expect_eq(ret, r->ret, "%s: %d", r->text, ret);
}

Test(usdt_args, several_in_order)
{
	struct usdt_spec spec;

	cr_assert_eq(usdt_args_parse(&spec, "8@%rdi  -4@$3 4@-4(%rbp) "), 0);
	cr_expect_eq(spec.nr_args, 3);
	cr_expect_eq(spec.arg[0].type, USDT_ARG_REG);
	cr_expect_eq(spec.arg[1].type, USDT_ARG_CONST);
	cr_expect_eq(spec.arg[2].type, USDT_ARG_REG_DEREF);
}

Test(usdt_args, none)
{
	struct usdt_spec spec;

	cr_assert_eq(usdt_args_parse(&spec, ""), 0);
	cr_expect_eq(spec.nr_args, 0);
}
#elif defined(__aarch64__)
Test(usdt_args, operands)
{
	struct usdt_spec spec;

	cr_assert_eq(usdt_args_parse(&spec, "-4@5 8@x3 4@w30 -8@[sp, 60] 8@[x1]"), 0);
	cr_expect_eq(spec.nr_args, 5);
	cr_expect_eq(spec.arg[0].val_off, 5);
	cr_expect_eq(spec.arg[1].reg_off, 3 * 8);
	cr_expect_eq(spec.arg[2].reg_off, 30 * 8);
	cr_expect_eq(spec.arg[3].reg_off, 31 * 8);
	cr_expect_eq(spec.arg[3].val_off, 60);
	cr_expect_eq(spec.arg[4].type, USDT_ARG_REG_DEREF);
	cr_expect_eq(usdt_args_parse(&spec, "8@[x1, x2]"), -ENOTSUP);
	cr_expect_eq(usdt_args_parse(&spec, "8@x31"), -ENOTSUP);
}
#else
Test(usdt_args, not_known)
{
	cr_expect(!usdt_args_known());
}
#endif
