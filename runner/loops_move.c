// Loops that only move bytes.
#include "runner/loops_isa.h"

#include <string.h>

// ---- copy ----------------------------------------------------------------------------------

LOOP_INLINE void copy_strided(char *restrict dst, int64_t dst_stride, const char *restrict src,
                              int64_t src_stride, int64_t n, size_t bytes)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(dst + i * dst_stride * (int64_t)bytes, src + i * src_stride * (int64_t)bytes, bytes);
}

// Moves n items. A source stride of 0 repeats one of them.
LOOP_INLINE void copy_items(char *dst, int64_t to, const char *src, int64_t from, int64_t n,
                            size_t bytes)
{
    if (to == 1 && from == 1) {
        memcpy(dst, src, (size_t)n * bytes);
        return;
    }
    switch (bytes) { // constants, so that memcpy becomes one move
    case 1:
        copy_strided(dst, to, src, from, n, 1);
        break;
    case 2:
        copy_strided(dst, to, src, from, n, 2);
        break;
    case 4:
        copy_strided(dst, to, src, from, n, 4);
        break;
    case 8:
        copy_strided(dst, to, src, from, n, 8);
        break;
    default:
        copy_strided(dst, to, src, from, n, bytes);
    }
}

// The last piece that begins at or before `at`.
LOOP_INLINE int find_piece(const struct loop_piece *pieces, int n, int64_t at)
{
    int low = 0;
    for (int high = n; high - low > 1;) {
        int middle = low + (high - low) / 2;
        if (pieces[middle].begin <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// Where the source of a row begins along the outer dimensions, or LOOP_FILL.
LOOP_INLINE int64_t copy_source(const struct loop_copy *c, int64_t row)
{
    int64_t offset = c->offset;
    for (int i = c->nest.rank - 2; i >= 0; i--) {
        int64_t at = row % c->nest.dims[i];
        row /= c->nest.dims[i];
        if (c->n_pieces[i] == 0) {
            offset += at * c->nest.strides[0][i];
            continue;
        }
        const struct loop_piece *p = &c->pieces[i][find_piece(c->pieces[i], c->n_pieces[i], at)];
        if (p->offset == LOOP_FILL)
            return LOOP_FILL;
        offset += p->offset + (at - p->begin) * p->stride;
    }
    return offset;
}

// A row whose innermost dimension has several pieces.
LOOP_INLINE void copy_pieces(const struct loop_copy *c, char *dst, int64_t to, const char *src,
                             const struct rows *r)
{
    const int inner = c->nest.rank - 1, n = c->n_pieces[inner];
    const struct loop_piece *pieces = c->pieces[inner];
    const int64_t bytes = (int64_t)c->item_bytes, last = r->begin + r->n;
    int64_t at = r->begin;
    for (int i = find_piece(pieces, n, at); at < last; i++) {
        const struct loop_piece *p = &pieces[i];
        int64_t end = i + 1 < n && pieces[i + 1].begin < last ? pieces[i + 1].begin : last;
        if (p->offset == LOOP_FILL)
            copy_items(dst, to, c->fill, 0, end - at, c->item_bytes);
        else
            copy_items(dst, to, src + (p->offset + (at - p->begin) * p->stride) * bytes, p->stride,
                       end - at, c->item_bytes);
        dst += (end - at) * to * bytes;
        at = end;
    }
}

LOOP_INLINE void loop_copy_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_copy *c = params;
    const int inner = c->nest.rank - 1;
    const int64_t from = c->nest.strides[0][inner], to = c->nest.strides[1][inner];
    const int64_t bytes = (int64_t)c->item_bytes;
    FOR_ROWS(r, &c->nest, thread, threads)
    {
        const char *src = args[0];
        char *dst = (char *)args[1] + row_offset(&c->nest, 1, &r) * bytes;
        int64_t source = copy_source(c, r.row);
        if (source == LOOP_FILL)
            copy_items(dst, to, c->fill, 0, r.n, c->item_bytes);
        else if (c->n_pieces[inner] > 0)
            copy_pieces(c, dst, to, src + source * bytes, &r);
        else
            copy_items(dst, to, src + (source + r.begin * from) * bytes, from, r.n, c->item_bytes);
    }
}
LOOP_DEFINE(loop_copy)

// ---- parts ---------------------------------------------------------------------------------

// Each thread moves one stretch of the whole's bytes, wherever that begins and ends.
LOOP_INLINE void move_parts(const struct loop_parts *p, char *whole, void *const *parts, bool split,
                            int thread, int threads)
{
    struct part part = loop_part(p->rows * (int64_t)p->row_bytes, thread, threads);
    for (int64_t row = part.from / (int64_t)p->row_bytes, at = part.from; at < part.to; row++) {
        int64_t begin = row * (int64_t)p->row_bytes;
        for (int k = 0; k < p->n && begin < part.to; k++) {
            int64_t bytes = (int64_t)p->piece_bytes[k], end = begin + bytes;
            int64_t to = end < part.to ? end : part.to;
            char *piece = (char *)parts[k];
            if (at < to && piece) {
                piece += row * bytes + (at - begin);
                memcpy(split ? piece : whole + at, split ? whole + at : piece, (size_t)(to - at));
            }
            at = at < to ? to : at;
            begin = end;
        }
    }
}

LOOP_INLINE void loop_concat_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_parts *p = params;
    move_parts(p, args[p->n], args, false, thread, threads);
}
LOOP_DEFINE(loop_concat)

LOOP_INLINE void loop_split_body(const void *params, void *const *args, int thread, int threads)
{
    move_parts(params, args[0], args + 1, true, thread, threads);
}
LOOP_DEFINE(loop_split)
