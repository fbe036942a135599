#include "runner/loops_index.h"

#include <string.h>

#include "base/error.h"
#include "runner/loops_isa.h"

LOOP_INLINE int64_t read_index(const void *indices, enum type type, int64_t i)
{
    if (type == TYPE_s64)
        return ((const int64_t *)indices)[i];
    return type == TYPE_s32 ? ((const int32_t *)indices)[i] : (int64_t)((const float *)indices)[i];
}

LOOP_INLINE int64_t valid_index(int64_t index, int64_t extent)
{
    index += index < 0 ? extent : 0;
    return index < 0 ? 0 : index < extent ? index : extent - 1;
}

LOOP_INLINE void move_item(char *dst, const char *src, size_t bytes)
{
    if (bytes == 4) // constants, so that memcpy becomes one move
        memcpy(dst, src, 4);
    else if (bytes == 8)
        memcpy(dst, src, 8);
    else
        memcpy(dst, src, bytes);
}

// A thread's part of n blocks by bytes: the first and the last one may be parts of a block.
struct stretch {
    int64_t at, end, block_bytes;
};

LOOP_INLINE struct stretch stretch_of(int64_t blocks, size_t block_bytes, int thread, int threads)
{
    struct part part = loop_part(blocks * (int64_t)block_bytes, thread, threads);
    return (struct stretch){part.from, part.to, (int64_t)block_bytes};
}

// Moves what belongs to the stretch of one block, and goes on behind it.
LOOP_INLINE void stretch_move(struct stretch *s, char *dst, const char *block)
{
    int64_t begin = s->at % s->block_bytes, n = s->block_bytes - begin;
    if (n > s->end - s->at)
        n = s->end - s->at;
    move_item(dst + s->at, block + begin, (size_t)n);
    s->at += n;
}

// ---- gather --------------------------------------------------------------------------------

LOOP_INLINE void loop_gather_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_gather *p = params;
    struct stretch s = stretch_of(p->outer * p->n, p->block_bytes, thread, threads);
    while (s.at < s.end) {
        int64_t row = s.at / s.block_bytes;
        int64_t index = valid_index(read_index(args[1], p->index_type, row % p->n), p->extent);
        int64_t block = row / p->n * p->extent + index;
        stretch_move(&s, args[2], (const char *)args[0] + block * s.block_bytes);
    }
}
LOOP_DEFINE(loop_gather)

// The block that tuple number i means.
LOOP_INLINE int64_t tuple_block(const struct loop_tuples *p, const void *indices, int64_t i)
{
    int64_t block = i / p->n * p->blocks;
    for (int d = 0; d < p->depth; d++)
        block += p->strides[d] *
                 valid_index(read_index(indices, p->index_type, i * p->depth + d), p->extents[d]);
    return block;
}

LOOP_INLINE void loop_gather_nd_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_tuples *p = params;
    struct stretch s = stretch_of(p->outer * p->n, p->block_bytes, thread, threads);
    while (s.at < s.end) {
        int64_t block = tuple_block(p, args[1], s.at / s.block_bytes);
        stretch_move(&s, args[2], (const char *)args[0] + block * s.block_bytes);
    }
}
LOOP_DEFINE(loop_gather_nd)

LOOP_INLINE void loop_gather_elements_body(const void *params, void *const *args, int thread,
                                           int threads)
{
    const struct loop_gather_elements *p = params;
    const int inner = p->nest.rank - 1;
    const int64_t bytes = (int64_t)p->item_bytes;
    FOR_ROWS(r, &p->nest, thread, threads)
    {
        int64_t data = row_offset(&p->nest, 0, &r), at = row_offset(&p->nest, 1, &r);
        char *dst = (char *)args[2] + row_offset(&p->nest, 2, &r) * bytes;
        for (int64_t i = 0; i < r.n; i++) {
            int64_t index = read_index(args[1], p->index_type, at + i * p->nest.strides[1][inner]);
            int64_t from =
                data + i * p->nest.strides[0][inner] + valid_index(index, p->extent) * p->stride;
            move_item(dst + i * bytes, (const char *)args[0] + from * bytes, p->item_bytes);
        }
    }
}
LOOP_DEFINE(loop_gather_elements)

// ---- scatter -------------------------------------------------------------------------------
// Every thread walks through all indices and writes what lies in its own part of dst, so that
// updates of the same place keep their order.

LOOP_INLINE bool is_mine(struct part part, int64_t at)
{
    return at >= part.from && at < part.to;
}

#define UPDATE(ctype)                                                                              \
    {                                                                                              \
        ctype *to = (ctype *)dst + at, from = ((const ctype *)src)[k];                             \
        *to = update == UPDATE_none  ? from                                                        \
              : update == UPDATE_add ? (ctype)(*to + from)                                         \
              : update == UPDATE_mul ? (ctype)(*to * from)                                         \
              : update == UPDATE_max ? (*to > from ? *to : from)                                   \
                                     : (*to < from ? *to : from);                                  \
        break;                                                                                     \
    }

// dst[at] is changed by src[k]; whole numbers are added and multiplied without a sign, as that
// may overflow.
LOOP_INLINE void update_item(void *dst, int64_t at, const void *src, int64_t k, enum type type,
                             enum loop_update update)
{
    bool wraps = update == UPDATE_add || update == UPDATE_mul;
    switch (type) {
    case TYPE_f16:
    case TYPE_bf16: // only moved
        ((uint16_t *)dst)[at] = ((const uint16_t *)src)[k];
        break;
    case TYPE_f32:
        UPDATE(float)
    case TYPE_f64:
        UPDATE(double)
    case TYPE_s64:
        if (wraps)
            UPDATE(uint64_t)
        UPDATE(int64_t)
    case TYPE_s32:
        if (wraps)
            UPDATE(uint32_t)
        UPDATE(int32_t)
    case TYPE_s8:
        UPDATE(int8_t)
    case TYPE_u8:
    case TYPE_boolean:
        UPDATE(uint8_t)
    default:
        BUG("updates of type %s", type_name(type));
    }
}

LOOP_INLINE void loop_scatter_nd_body(const void *params, void *const *args, int thread,
                                      int threads)
{
    const struct loop_scatter_nd *p = params;
    const struct part part = loop_part(p->to.blocks, thread, threads);
    const int64_t items = (int64_t)(p->to.block_bytes / type_bytes(p->type));
    for (int64_t i = 0; i < p->to.n; i++) {
        int64_t block = tuple_block(&p->to, args[0], i);
        if (!is_mine(part, block))
            continue;
        if (p->update == UPDATE_none)
            move_item((char *)args[2] + (size_t)block * p->to.block_bytes,
                      (const char *)args[1] + (size_t)i * p->to.block_bytes, p->to.block_bytes);
        else
            for (int64_t k = 0; k < items; k++)
                update_item(args[2], block * items + k, args[1], i * items + k, p->type, p->update);
    }
}
LOOP_DEFINE(loop_scatter_nd)

LOOP_INLINE void loop_scatter_elements_body(const void *params, void *const *args, int thread,
                                            int threads)
{
    const struct loop_scatter_elements *p = params;
    const int inner = p->nest.rank - 1;
    const int64_t(*strides)[LOOP_RANK] = p->nest.strides;
    const struct part part = loop_part(p->extent, thread, threads); // along the axis
    FOR_ROWS(r, &p->nest, 0, 1)
    {
        int64_t index_at = row_offset(&p->nest, 0, &r), update_at = row_offset(&p->nest, 1, &r);
        int64_t to = row_offset(&p->nest, 2, &r);
        for (int64_t i = 0; i < r.n; i++) {
            int64_t index = valid_index(
                read_index(args[0], p->index_type, index_at + i * strides[0][inner]), p->extent);
            if (is_mine(part, index))
                update_item(args[2], to + i * strides[2][inner] + index * p->stride, args[1],
                            update_at + i * strides[1][inner], p->type, p->update);
        }
    }
}
LOOP_DEFINE(loop_scatter_elements)

// ---- made from indices ---------------------------------------------------------------------

LOOP_INLINE void loop_one_hot_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_one_hot *p = params;
    const char *values = args[1] ? args[1] : (const char *)p->usual;
    const int64_t bytes = (int64_t)p->item_bytes, line = p->depth * p->inner;
    struct part part = loop_part(p->outer * p->inner, thread, threads);
    for (int64_t i = part.from; i < part.to; i++) {
        int64_t index = read_index(args[0], p->index_type, i);
        index += index < 0 ? p->depth : 0;
        char *dst = (char *)args[2] + (i / p->inner * line + i % p->inner) * bytes;
        for (int64_t d = 0; d < p->depth; d++)
            move_item(dst + d * p->inner * bytes, values + (d == index ? bytes : 0), p->item_bytes);
    }
}
LOOP_DEFINE(loop_one_hot)

// One line along time of one place in the rest.
LOOP_INLINE void reverse_line(const struct loop_reverse *p, char *dst, const char *src, int64_t n)
{
    const int64_t step = p->time_stride * (int64_t)p->item_bytes;
    for (int64_t t = 0; t < p->time; t++)
        move_item(dst + t * step, src + (t < n ? n - 1 - t : t) * step, p->item_bytes);
}

LOOP_INLINE void loop_reverse_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_reverse *p = params;
    const int64_t bytes = (int64_t)p->item_bytes, step = p->rest.strides[0][p->rest.rank - 1];
    for (int64_t b = 0; b < p->batch; b++) {
        int64_t n = read_index(args[1], p->index_type, b);
        n = n < 0 ? 0 : n < p->time ? n : p->time;
        FOR_ROWS(r, &p->rest, thread, threads)
        {
            int64_t at = row_offset(&p->rest, 0, &r) + b * p->batch_stride;
            for (int64_t i = 0; i < r.n; i++, at += step)
                reverse_line(p, (char *)args[2] + at * bytes, (const char *)args[0] + at * bytes,
                             n);
        }
    }
}
LOOP_DEFINE(loop_reverse)

// Row r of a matrix keeps columns [first, last).
LOOP_INLINE struct part trilu_columns(const struct loop_trilu *p, int64_t r)
{
    int64_t edge = r + p->k + (p->upper ? 0 : 1);
    edge = edge < 0 ? 0 : edge < p->columns ? edge : p->columns;
    return p->upper ? (struct part){edge, p->columns} : (struct part){0, edge};
}

LOOP_INLINE void loop_trilu_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_trilu *p = params;
    const size_t bytes = p->item_bytes, row_bytes = (size_t)p->columns * bytes;
    struct part part = loop_part(p->matrices * p->rows, thread, threads);
    for (int64_t r = part.from; r < part.to; r++) {
        struct part kept = trilu_columns(p, r % p->rows);
        const char *src = (const char *)args[0] + (size_t)r * row_bytes;
        char *dst = (char *)args[1] + (size_t)r * row_bytes;
        memset(dst, 0, (size_t)kept.from * bytes);
        memcpy(dst + (size_t)kept.from * bytes, src + (size_t)kept.from * bytes,
               (size_t)(kept.to - kept.from) * bytes);
        memset(dst + (size_t)kept.to * bytes, 0, row_bytes - (size_t)kept.to * bytes);
    }
}
LOOP_DEFINE(loop_trilu)
