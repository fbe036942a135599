// A folder of a test's own, below $TMPDIR or /tmp, removed with all that is in it.
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The caller frees the path.
static inline char *scratch_make(void)
{
    const char *root = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/dlbricks-test-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(path))
        abort();
    return strdup(path);
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void scratch_remove(char *path)
{
    nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

static inline char *scratch_path(const char *folder, const char *name)
{
    char *path = malloc(strlen(folder) + strlen(name) + 2);
    sprintf(path, "%s/%s", folder, name);
    return path;
}

// Files and folders directly inside a folder, hidden ones included.
static inline int scratch_count(const char *folder)
{
    DIR *d = opendir(folder);
    int n = -2; // "." and ".."
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static inline void scratch_write(const char *path, const char *text, size_t bytes)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(text, 1, bytes, f) != bytes || fclose(f))
        abort();
}

#endif
