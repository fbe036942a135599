#include "decompose/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct wire wire_of(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[1]; // of a field that is absent
    const uint8_t *first = data ? data : nothing;
    return (struct wire){first, first + size, first};
}

size_t wire_size(struct wire w)
{
    return (size_t)(w.end - w.at);
}

static int damaged(const struct wire *w, const char *what, struct error *err)
{
    return fail(err, "%s at byte %td: the file is truncated or damaged, or not an ONNX model", what,
                w->at - w->file);
}

int wire_varint(struct wire *w, uint64_t *value, struct error *err)
{
    uint64_t v = 0;
    const uint8_t *p = w->at;
    for (unsigned shift = 0; shift < 64 && p < w->end; shift += 7, p++) {
        if (shift == 63 && *p > 1)
            break; // more than 64 bits
        v |= (uint64_t)(*p & 0x7f) << shift;
        if (*p < 0x80) {
            *value = v;
            w->at = p + 1;
            return 0;
        }
    }
    return damaged(w, "a number does not end", err);
}

static int take(struct wire *w, uint64_t bytes, struct wire *out, struct error *err)
{
    if (bytes > wire_size(*w)) {
        char what[96];
        snprintf(what, sizeof what, "a field wants %llu bytes where %zu are left",
                 (unsigned long long)bytes, wire_size(*w));
        return damaged(w, what, err);
    }
    *out = (struct wire){w->at, w->at + bytes, w->file};
    w->at += bytes;
    return 0;
}

int wire_next(struct wire *w, struct wire_field *field, struct error *err)
{
    uint64_t key = 0;
    if (w->at == w->end)
        return 0;
    struct wire start = *w;
    if (wire_varint(w, &key, err))
        return -1;
    if (key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
        return damaged(&start, "a field has no valid number", err);
    *field = (struct wire_field){
        .number = (uint32_t)(key >> 3),
        .type = (enum wire_type)(key & 7),
        .bytes = {w->at, w->at, w->file},
    };

    uint64_t bytes = 0;
    switch (key & 7) {
    case WIRE_VARINT:
        return wire_varint(w, &field->value, err) ? -1 : 1;
    case WIRE_64:
        return take(w, 8, &field->bytes, err) ? -1 : 1;
    case WIRE_32:
        return take(w, 4, &field->bytes, err) ? -1 : 1;
    case WIRE_BYTES:
        return wire_varint(w, &bytes, err) || take(w, bytes, &field->bytes, err) ? -1 : 1;
    default:
        return damaged(&start, "a field has no valid type", err);
    }
}

static int map_descriptor(struct file_map *map, int fd, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return fail(err, "cannot be examined: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(err, "is not a regular file");
    if (st.st_size == 0)
        return fail(err, "is empty");
    map->size = (size_t)st.st_size;
    map->data = mmap(NULL, map->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map->data == MAP_FAILED)
        return fail(err, "cannot be mapped into memory: %s", strerror(errno));
    // Advice only, no harm if refused. Without it a touched header brings in its neighbourhood: up
    // to 2 MB of weights where the kernel maps a file by large pages.
    madvise(map->data, map->size, MADV_RANDOM);
    madvise(map->data, map->size, MADV_NOHUGEPAGE);
    return 0;
}

int file_map_open(struct file_map *map, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(err, "cannot be opened: %s", strerror(errno));
    int status = map_descriptor(map, fd, err);
    close(fd);
    return status;
}

void file_map_close(struct file_map *map)
{
    munmap(map->data, map->size);
}
