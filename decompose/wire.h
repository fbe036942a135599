// Protocol buffers on the wire: a message is a row of fields, each a number with a wire type and
// a value. Fields are read one by one out of a mapped file; the bytes of a field are only looked
// at by whoever reads into them, so passing over a large tensor does not touch its pages. Every
// varint and length is checked against the end before it is used, and nothing is allocated.
#ifndef DECOMPOSE_WIRE_H
#define DECOMPOSE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

// Bytes not yet read, of a message or of a field.
struct wire {
    const uint8_t *at, *end;
    const uint8_t *file; // first byte of the file, for the positions in messages
};

struct wire wire_of(const uint8_t *data, size_t size);
size_t wire_size(struct wire w);

// Protocol buffers' numbers; the two kinds of group (3, 4) are refused: ONNX never had them.
enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;    // of a varint
    struct wire bytes; // the contents, without the length in front of them
};

// Reads the next field. Returns 1, at the end 0, and -1 with a message if the bytes are no field
// or do not end where they should.
int wire_next(struct wire *w, struct wire_field *field, struct error *err);

// Reads one varint that stands alone, as in a packed list; -1 with a message as above.
int wire_varint(struct wire *w, uint64_t *value, struct error *err);

// A file as memory, read-only. Pages are read when touched, without reading ahead.
struct file_map {
    void *data;
    size_t size;
};

// Messages leave out the path; the caller puts it before them. An empty file is refused.
int file_map_open(struct file_map *map, const char *path, struct error *err);
void file_map_close(struct file_map *map);

#endif
