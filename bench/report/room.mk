# Reports: the model (records in), then one file per format, then the command.
$(eval $(call archive,bench/libreport.a,bench/report/store.c bench/report/model.c bench/report/finish.c \
	bench/report/format.c bench/report/escape.c bench/report/text.c bench/report/json.c bench/report/html.c \
	bench/report/html_question.c \
	bench/report/html_context.c bench/report/plots.c bench/report/style.c bench/report/targets.c bench/report/cmd_report.c))
