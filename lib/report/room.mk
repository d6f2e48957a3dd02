# Reports: the model (records in), one file per format and one table of them, the command. All of the room: a new
# format is a new file.
$(eval $(call archive,lib/libreport.a,$(sort $(wildcard lib/report/*.c))))
