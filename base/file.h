// Whole files: read at once, replaced at once. The path "-" is standard input or output.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/error.h"

// Reads a whole file, at most max_bytes, and terminates it. The caller frees the text; *bytes is
// its length.
char *file_read(const char *path, size_t max_bytes, size_t *bytes, struct error *err);

// Writes `bytes` of text to path so that a reader sees the old file or the whole new one, never
// a part: temporary file in the same directory, flushed to disk, renamed. A device or pipe is
// written as it is. Missing directories are made. On failure no part of the text is left behind
// and err names the path.
int file_write(const char *path, const char *text, size_t bytes, struct error *err);

// Makes a directory and its parents; it is no error if they exist.
int make_directories(const char *path, struct error *err);

#endif
