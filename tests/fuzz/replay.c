// Runs a fuzz target on every file of the given folders: as it is, cut at every byte, and with
// single bytes changed, always the same ones. For compilers without libFuzzer.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_FILE_BYTES = 1 << 20, MOST_CUTS = 400, CHANGES = 200 };

// From exact copies, so that the sanitizers see what is read beyond the end.
static void run(const char *data, size_t size)
{
    uint8_t *copy = xmalloc(size ? size : 1);
    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

// xorshift64
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void run_changed(char *data, size_t size)
{
    uint64_t state = 0x9e3779b97f4a7c15u ^ size;
    for (int k = 0; k < CHANGES && size; k++) {
        size_t at = next_random(&state) % size;
        char old = data[at];
        data[at] ^= (char)(next_random(&state) % 255 + 1);
        run(data, size);
        data[at] = old;
    }
}

static int run_file(const char *path)
{
    size_t size;
    struct error err = {0};
    char *data = file_read(path, MAX_FILE_BYTES, &size, &err);
    if (!data) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return -1;
    }
    run(data, size);
    for (size_t n = 0; n < size; n += 1 + size / MOST_CUTS)
        run(data, n);
    run_changed(data, size);
    free(data);
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_folder(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_visible, by_name), status = n > 0 ? 0 : -1;
    if (n <= 0)
        fprintf(stderr, "%s: holds no files\n", folder);
    for (int k = 0; k < n; k++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[k]->d_name);
        if (run_file(path))
            status = -1;
        free(entries[k]);
    }
    free(n >= 0 ? entries : NULL);
    return status;
}

int main(int argc, char **argv)
{
    int status = argc > 1 ? 0 : -1;
    for (int k = 1; k < argc; k++) {
        struct stat st;
        bool is_folder = stat(argv[k], &st) == 0 && S_ISDIR(st.st_mode);
        if (is_folder ? run_folder(argv[k]) : run_file(argv[k]))
            status = -1;
    }
    return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
