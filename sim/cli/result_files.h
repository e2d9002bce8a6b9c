/* result_files.h - finds and reads the results under a path of the command line. */
#ifndef ESPSIM_CLI_RESULT_FILES_H
#define ESPSIM_CLI_RESULT_FILES_H

#include "analysis/result_set.h"
#include "models/base/err.h"

/* Reads `path`: a result.json, the folder of one, or a folder of such files or folders (seeds, scenarios, a baseline;
 * three levels deep), in the order of their names. Laws may be broken in them (result.h), and fingerprints are those of
 * the captures, where these lie beside the result. False, with the file and the
 * remedy in `e` and `set` empty: nothing there, a broken or foreign file, or the same scenario, settings and seed
 * twice. */
bool result_files_read(struct result_set *set, const char *path, struct err *e);

/* Says on standard error which files of the result folder `folder` were changed since they were written (captures are
 * not looked at); nothing where there is no manifest that could tell. */
void result_files_note_changes(const char *folder);

#endif
