$(eval $(call archive,lib/libtarget.a,lib/target/targets.c lib/target/notes.c lib/target/sites.c lib/target/marks.c \
	lib/target/elf_file.c lib/target/maps.c lib/target/proc.c lib/target/symbols.c lib/target/functions.c lib/target/insn.c lib/target/image.c lib/target/code.c))
