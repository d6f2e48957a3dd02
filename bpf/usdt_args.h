/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_USDT_ARGS_H
#define KT_BPF_USDT_ARGS_H
/*
 * Where the arguments of a probe's site are: from the words of its note to what bpf_usdt_arg() of
 * <bpf/usdt.bpf.h> reads in the map __bpf_usdt_specs. Pure: reads nothing but its arguments.
 *
 * libbpf does the same inside of bpf_program__attach_usdt(); who attaches by another way fills the
 * map itself.
 */
#include <stdbool.h>
#include <stdint.h>

#define USDT_MAX_SPEC_ARGS 12

enum usdt_arg_type { USDT_ARG_CONST, USDT_ARG_REG, USDT_ARG_REG_DEREF };

/* As struct __bpf_usdt_arg_spec and struct __bpf_usdt_spec; attach_usdt.c compares the size. */
struct usdt_arg_spec {
	uint64_t val_off; /* the constant, or what is added to the register */
	enum usdt_arg_type type;
	int16_t reg_off; /* of the register in struct pt_regs */
	bool is_signed;
	char bitshift; /* bits of 64 that the argument does not have */
};

struct usdt_spec {
	struct usdt_arg_spec arg[USDT_MAX_SPEC_ARGS];
	uint64_t cookie;
	int16_t nr_args;
};

/* usdt_args_known - can notes of this machine's programs be read? */
bool usdt_args_known(void);

/*
 * usdt_args_parse - the arguments @args ("-4@%edi 8@$5 8@-16(%rbp)") into @spec, whose cookie stays
 *
 * Return: 0, -ENOTSUP: an operand of another form (an index, a symbol, a vector register), -EINVAL:
 * these are not arguments, -E2BIG: too many.
 */
int usdt_args_parse(struct usdt_spec *spec, const char *args);
#endif
