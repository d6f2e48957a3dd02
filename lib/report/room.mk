# Reports: the model (records in), one file per format and one table of them, the command. All of the room: a new
# format is a new file.
$(eval $(call archive,lib/libreport.a,$(sort $(wildcard lib/report/*.c))))

# The schemas of what is written as JSON, as literals for `kt report --validate`: each line one, escaped.
$B/%.schema.h: %.schema.json
	$(call say,LITERAL)mkdir -p $(@D) && sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $< >$@
$B/lib/report/validate.o: $B/lib/report/report.schema.h $B/lib/report/diff.schema.h
