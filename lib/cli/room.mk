# What every command shares: command line, refusals, terminal, numbers, times, output files, progress.
$(eval $(call archive,lib/libcli.a,$(addprefix lib/cli/,cli.c terminal.c number.c time.c output.c progress.c completion.c completion_bash.c completion_zsh.c)))
