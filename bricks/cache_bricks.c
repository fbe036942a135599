#include "bricks/cache_bricks.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { MAX_BYTES = 64 << 20 };

static struct brick *read_brick(const char *path)
{
    struct record r;
    size_t bytes;
    char *text = file_read(path, MAX_BYTES, &bytes, NULL);
    struct brick *brick = NULL;
    if (text && record_from_text(&r, text, bytes, path, NULL) == 0) {
        brick = brick_parse(r.text, NULL);
        record_release(&r);
    }
    free(text);
    return brick;
}

static int is_record(const struct dirent *entry)
{
    return strspn(entry->d_name, "0123456789abcdef") == SIGNATURE_SIZE - 1;
}

// Of each brick one record.
static void add_folder(const char *folder, struct suite *s, int most)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_record, alphasort);
    for (int i = 0; i < n; i++) {
        bool again =
            i && strncmp(entries[i]->d_name, entries[i - 1]->d_name, SIGNATURE_SIZE - 1) == 0;
        struct str path = STR_INIT;
        str_addf(&path, "%s/%s", folder, entries[i]->d_name);
        struct brick *brick = again || s->n_bricks >= most ? NULL : read_brick(path.text);
        if (brick)
            suite_add_brick(s, brick);
        str_release(&path);
    }
    for (int i = 0; i < n; i++)
        free(entries[i]);
    if (n >= 0)
        free(entries);
}

void cache_add_bricks(const struct cache_place *place, struct suite *s, int most)
{
    for (int i = 0; place->path && i < 256; i++) {
        struct str folder = STR_INIT;
        str_addf(&folder, "%s/%02x", place->path, (unsigned)i);
        add_folder(folder.text, s, most);
        str_release(&folder);
    }
}
