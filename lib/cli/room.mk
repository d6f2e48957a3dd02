# What every command shares: terminal, times, progress.
$(eval $(call archive,lib/libcli.a,$(addprefix lib/cli/,terminal.c time.c progress.c)))
