# What every command shares: command line, refusals, terminal, numbers, times, progress.
$(eval $(call archive,lib/libcli.a,$(addprefix lib/cli/,cli.c terminal.c number.c time.c progress.c)))
