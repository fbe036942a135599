// Steps that only move elements: oneDNN's reorder where it has a good one, a loop of our own
// otherwise, for elements of any type.
#include "runner/lower.h"

#include <string.h>

#include "reference/number.h"

// ---- one copy ------------------------------------------------------------------------------

// dst[i0, i1, ...] = src[offset + i0 * from[0] + i1 * from[1] ...], which lies at i0 * to[0] + ...
// Where a dimension has an index, that says which of the source's positions is meant, or LOOP_FILL.
struct copy {
    int rank;
    int64_t dims[LOOP_RANK], from[LOOP_RANK], to[LOOP_RANK];
    const int64_t *index[LOOP_RANK];
    int64_t offset;
    const void *fill;
};

static void copy_add(struct copy *c, int64_t dim, int64_t from, int64_t to)
{
    c->dims[c->rank] = dim;
    c->from[c->rank] = from;
    c->to[c->rank++] = to;
}

static bool primitive(struct lowering *l, const struct copy *c)
{
    size_t bytes = type_bytes(l->dst.t.type);
    enum type type = bytes == 4 ? TYPE_f32 : TYPE_u8;
    struct step_spec s = {.prim = {.prim = PRIM_reorder}, .dst = l->dst, .reshaped = true};
    if ((bytes != 4 && bytes != 1) || c->rank > MAX_RANK)
        return false;
    step_bind(&s, DNNL_ARG_SRC, lowering_keep(l, md_strides(type, c->rank, c->dims, c->from)),
              place_of(0));
    step_bind(&s, DNNL_ARG_DST, lowering_keep(l, md_strides(type, c->rank, c->dims, c->to)),
              l->dst.place);
    return emit_with_posts(l, &s, l->n_posts, l->posts);
}

// Stretches of an index in which it goes on in equal steps.
static int find_pieces(const int64_t *index, int64_t n, int64_t stride, struct loop_piece *pieces)
{
    int count = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        bool fill = index[i] == LOOP_FILL;
        int64_t step =
            i + 1 < n && !fill && index[i + 1] != LOOP_FILL ? index[i + 1] - index[i] : 0;
        for (end = i + 1; end < n && (index[end] == LOOP_FILL) == fill &&
                          (fill || index[end] - index[end - 1] == step);)
            end++;
        pieces[count++] =
            (struct loop_piece){i, fill ? LOOP_FILL : index[i] * stride, fill ? 0 : step * stride};
    }
    return count;
}

static void add_pieces(struct lowering *l, struct loop_copy *p, int dim, const int64_t *index,
                       int64_t stride)
{
    int64_t n = p->nest.dims[dim];
    struct loop_piece *all = xmalloc((size_t)n * sizeof *all);
    p->n_pieces[dim] = find_pieces(index, n, stride, all);
    p->pieces[dim] = arena_copy(&l->k->arena, all, (size_t)p->n_pieces[dim] * sizeof *all);
    free(all);
}

// Dimensions with an index are told from the others by the stride of a third tensor, such that
// none of them is merged.
enum { TAG = 1000 };

static void make_nest(struct lowering *l, const struct copy *c, struct loop_copy *p)
{
    int64_t strides[LOOP_TENSORS][LOOP_RANK];
    for (int i = 0; i < c->rank; i++) {
        bool listed = c->index[i] && c->dims[i] > 1;
        strides[0][i] = listed ? 0 : c->from[i];
        strides[1][i] = listed ? TAG + i : 0;
        strides[2][i] = c->to[i];
        if (c->index[i] && !listed)
            p->offset += c->index[i][0] * c->from[i];
    }
    loop_nest_make(&p->nest, 3, c->rank, c->dims, strides);
    for (int i = 0; i < p->nest.rank; i++) {
        int64_t tag = p->nest.strides[1][i];
        p->nest.strides[1][i] = p->nest.strides[2][i];
        if (tag > 0)
            add_pieces(l, p, i, c->index[tag - TAG], c->from[tag - TAG]);
    }
    p->nest.n = 2;
}

static bool divides(const struct loop_copy *p, int64_t n)
{
    bool all = p->offset % n == 0;
    for (int i = 0; i < p->nest.rank - 1; i++) {
        all = all && p->nest.strides[0][i] % n == 0 && p->nest.strides[1][i] % n == 0;
        for (int k = 0; k < p->n_pieces[i]; k++)
            all = all && (p->pieces[i][k].offset == LOOP_FILL ||
                          (p->pieces[i][k].offset % n == 0 && p->pieces[i][k].stride % n == 0));
    }
    return all;
}

static void divide(struct lowering *l, struct loop_copy *p, int64_t n)
{
    p->offset /= n;
    for (int i = 0; i < p->nest.rank; i++) {
        p->nest.strides[0][i] /= n;
        p->nest.strides[1][i] /= n;
        size_t bytes = (size_t)p->n_pieces[i] * sizeof(struct loop_piece);
        struct loop_piece *pieces = arena_alloc(&l->k->arena, bytes);
        for (int k = 0; k < p->n_pieces[i]; k++) {
            pieces[k] = p->pieces[i][k];
            pieces[k].offset = pieces[k].offset == LOOP_FILL ? LOOP_FILL : pieces[k].offset / n;
            pieces[k].stride /= n;
        }
        p->pieces[i] = pieces;
    }
}

// What is contiguous below a dimension of several pieces, as the channels of padded pixels, becomes
// one item.
static void join_items(struct lowering *l, const struct copy *c, struct loop_copy *p)
{
    int inner = p->nest.rank - 1;
    int64_t n = p->nest.dims[inner];
    if (inner < 1 || p->n_pieces[inner] > 0 || p->n_pieces[inner - 1] == 0 ||
        p->nest.strides[0][inner] != 1 || p->nest.strides[1][inner] != 1 || !divides(p, n))
        return;
    char *fill = arena_alloc(&l->k->arena, (size_t)n * p->item_bytes);
    for (int64_t i = 0; i < n; i++)
        memcpy(fill + (size_t)i * p->item_bytes, c->fill, p->item_bytes);
    p->nest.rank--;
    divide(l, p, n);
    p->item_bytes *= (size_t)n;
    p->fill = fill;
}

// Copies with the loop: c->fill has a zero if it has nothing else.
static int copy_by_loop(struct lowering *l, struct copy *c)
{
    struct loop_copy p = {.offset = c->offset, .item_bytes = type_bytes(l->dst.t.type)};
    struct place args[] = {place_of(0), l->dst.place};
    if (!c->fill)
        c->fill = arena_alloc(&l->k->arena, sizeof(int64_t));
    p.fill = arena_copy(&l->k->arena, c->fill, p.item_bytes);
    make_nest(l, c, &p);
    join_items(l, c, &p);
    if (emit_loop_with_posts(l, &loop_copy, &p, sizeof p, 2, args, &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "what follows it has no kernel");
}

static int permute(struct lowering *l, struct copy *c)
{
    if (c->rank == 0)
        copy_add(c, 1, 1, 1);
    return primitive(l, c) ? 0 : copy_by_loop(l, c);
}

// ---- permutations --------------------------------------------------------------------------

// src and dst with their strides.
struct ends {
    struct tensor src;
    int64_t from[MAX_RANK], to[MAX_RANK];
};

static struct ends read_ends(const struct lowering *l)
{
    struct ends e = {.src = lowering_operand(l, 0).t};
    tensor_strides(&e.src, e.from);
    tensor_strides(&l->dst.t, e.to);
    return e;
}

int lower_reorder(struct lowering *l)
{
    struct ends e = read_ends(l);
    struct copy c = {0};
    for (int i = 0; i < e.src.rank; i++)
        copy_add(&c, e.src.dims[i], e.from[i], e.to[i]);
    return permute(l, &c);
}

int lower_transpose(struct lowering *l)
{
    struct ends e = read_ends(l);
    struct copy c = {0};
    int n;
    const int64_t *perm = node_ints(l->n, ATTR_perm, &n);
    for (int i = 0; i < e.src.rank; i++) // dst dimension i is src dimension perm[i]
        copy_add(&c, l->dst.t.dims[i], e.from[n > 0 ? perm[i] : e.src.rank - 1 - i], e.to[i]);
    return permute(l, &c);
}

// Channels [groups][rest] become [rest][groups].
int lower_shuffle(struct lowering *l)
{
    struct ends e = read_ends(l);
    struct copy c = {0};
    int64_t groups = node_int(l->n, ATTR_groups, 1), rest = e.src.dims[1] / groups;
    if (e.src.rank < 2 || rest * groups != e.src.dims[1])
        return unsupported(l, "its channels cannot be divided into the groups");
    copy_add(&c, e.src.dims[0], e.from[0], e.to[0]);
    copy_add(&c, rest, e.from[1], e.to[1] * groups);
    copy_add(&c, groups, e.from[1] * rest, e.to[1]);
    for (int i = 2; i < e.src.rank; i++)
        copy_add(&c, e.src.dims[i], e.from[i], e.to[i]);
    return permute(l, &c);
}

// Between `deep`, of [n, channels * b * b, h, w], and `wide`, of [n, channels, h * b, w * b], given
// by their strides: channels are [b][b][channels] where `blocks_first`, else [channels][b][b].
static void add_blocks(struct copy *c, const struct tensor *wide, int64_t b, bool blocks_first,
                       const int64_t *deep, const int64_t *far, bool to_wide)
{
    int64_t channels = wide->dims[1], across = blocks_first ? channels : 1;
    const int64_t dims[] = {wide->dims[0], channels, b, b, wide->dims[2] / b, wide->dims[3] / b};
    const int64_t in_deep[] = {deep[0],
                               deep[1] * (blocks_first ? 1 : b * b),
                               deep[1] * across * b,
                               deep[1] * across,
                               deep[2],
                               deep[3]};
    const int64_t in_wide[] = {far[0], far[1], far[2], far[3], far[2] * b, far[3] * b};
    for (int i = 0; i < 6; i++)
        copy_add(c, dims[i], to_wide ? in_deep[i] : in_wide[i], to_wide ? in_wide[i] : in_deep[i]);
}

int lower_depth_to_space(struct lowering *l)
{
    struct ends e = read_ends(l);
    struct copy c = {0};
    bool blocks_first = node_int(l->n, ATTR_depth_mode, 0) == WORD_depth_mode_dcr;
    add_blocks(&c, &l->dst.t, node_int(l->n, ATTR_blocksize, 1), blocks_first, e.from, e.to, true);
    return permute(l, &c);
}

int lower_space_to_depth(struct lowering *l)
{
    struct ends e = read_ends(l);
    struct copy c = {0};
    bool blocks_first = node_int(l->n, ATTR_depth_mode, 0) == WORD_depth_mode_dcr;
    add_blocks(&c, &e.src, node_int(l->n, ATTR_blocksize, 1), blocks_first, e.to, e.from, false);
    return permute(l, &c);
}

// ---- repetition and choice -----------------------------------------------------------------

// Expand and Tile: every dimension of src as often as it fits into dst's.
int lower_repeat(struct lowering *l)
{
    struct ends e = read_ends(l);
    struct copy c = {0};
    int ones = l->dst.t.rank - e.src.rank;
    for (int i = 0; i < l->dst.t.rank; i++) {
        int64_t n = i < ones ? 1 : e.src.dims[i - ones];
        copy_add(&c, l->dst.t.dims[i] / n, 0, e.to[i] * n);
        copy_add(&c, n, i < ones ? 0 : e.from[i - ones], e.to[i]);
    }
    return copy_by_loop(l, &c);
}

int lower_slice(struct lowering *l)
{
    struct ends e = read_ends(l);
    struct copy c = {0};
    int n_starts, n_steps;
    const int64_t *starts = node_ints(l->n, ATTR_starts, &n_starts);
    const int64_t *steps = node_ints(l->n, ATTR_steps, &n_steps);
    for (int i = 0; i < e.src.rank; i++) {
        c.offset += (n_starts ? starts[i] : 0) * e.from[i];
        copy_add(&c, l->dst.t.dims[i], e.from[i] * (n_steps ? steps[i] : 1), e.to[i]);
    }
    return copy_by_loop(l, &c);
}

// The number as an element of dst.
static const void *number_bytes(struct lowering *l, double x)
{
    void *bytes = arena_alloc(&l->k->arena, sizeof(int64_t));
    number_write(l->dst.t.type, bytes, 0, (long double)x);
    return bytes;
}

int lower_choice(struct lowering *l, const int64_t *const *index, double fill)
{
    struct ends e = read_ends(l);
    struct copy c = {.fill = number_bytes(l, fill)};
    for (int i = 0; i < e.src.rank; i++) {
        c.index[i] = index[i];
        copy_add(&c, l->dst.t.dims[i], e.from[i], e.to[i]);
        if (l->dst.t.dims[i] == 1 && index[i] && *index[i] == LOOP_FILL)
            return unsupported(l, "nothing of its source is left");
    }
    return copy_by_loop(l, &c);
}

// Which of n positions lies at position i of a padded line, i counted from the first of them.
static int64_t padded_position(int64_t i, int64_t n, enum word mode)
{
    int64_t period = mode == WORD_pad_mode_reflect ? 2 * (n - 1) : n;
    if (i >= 0 && i < n)
        return i;
    if (mode == WORD_pad_mode_constant)
        return LOOP_FILL;
    if (mode == WORD_pad_mode_edge)
        return i < 0 ? 0 : n - 1;
    i = period ? (i % period + period) % period : 0;
    return i < n ? i : period - i;
}

// Positions of src along a dimension of dst that begins `begin` before it.
static const int64_t *padded_index(struct lowering *l, int64_t in, int64_t out, int64_t begin)
{
    int64_t *index = arena_alloc(&l->k->arena, (size_t)out * sizeof *index);
    enum word mode = (enum word)node_int(l->n, ATTR_pad_mode, WORD_pad_mode_constant);
    for (int64_t i = 0; i < out; i++)
        index[i] = padded_position(i - begin, in, mode);
    return index;
}

int lower_pad(struct lowering *l)
{
    struct tensor src = lowering_operand(l, 0).t;
    const int64_t *index[MAX_RANK] = {NULL};
    int n;
    const int64_t *pads = node_ints(l->n, ATTR_pads, &n);
    if (lowering_has(l, 2))
        return unsupported(l, "what it pads with is no constant");
    for (int i = 0; i < src.rank; i++)
        if (n && (pads[i] || l->dst.t.dims[i] != src.dims[i]))
            index[i] = padded_index(l, src.dims[i], l->dst.t.dims[i], pads[i]);
    return lower_choice(l, index, (double)node_float(l->n, ATTR_pad_value, 0));
}
