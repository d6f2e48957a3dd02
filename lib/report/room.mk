# Reports: the model (records in), then one file per format, then the command.
$(eval $(call archive,lib/libreport.a,lib/report/store.c lib/report/model.c lib/report/finish.c \
	lib/report/format.c lib/report/escape.c lib/report/text.c lib/report/json.c lib/report/page.c lib/report/html.c \
	lib/report/html_question.c \
	lib/report/html_context.c lib/report/plots.c lib/report/style.c lib/report/targets.c lib/report/cmd_report.c))
