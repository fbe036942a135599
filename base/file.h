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

// The same for what is surely no device, with a choice: FILE_keep leaves a file that is there as it
// is, and two programs that make one at once do not replace each other's; FILE_unflushed leaves
// flushing to file_flush_system, once after many files. Returns 1 if FILE_keep found a file, 0 if
// it was written, -1 on failure.
enum file_flag { FILE_keep = 1, FILE_unflushed = 2 };
int file_put(const char *path, const char *text, size_t bytes, int flags, struct error *err);

// Flushes the file system that a folder is on.
int file_flush_system(const char *folder, struct error *err);

// Makes a directory and its parents; it is no error if they exist.
int make_directories(const char *path, struct error *err);

#endif
