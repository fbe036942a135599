// One small check per lowering of ops.def, and what holds for all steps. Shapes are those of
// decompose/infer_*.c; here the result is given and has to be what it would be there.
#include "bricks/step_check.h"

#include <string.h>

#include "bricks/step.h"

enum { MAX_SPATIAL = 3 };

static const struct tensor *src(const struct graph *g, const struct node *n, int k)
{
    return &g->values[n->src[k]].t;
}

// NULL if source k of the operator itself is not given.
static const struct tensor *optional_src(const struct graph *g, const struct node *n, int k)
{
    return k < step_own_sources(n) && n->src[k] != NONE ? src(g, n, k) : NULL;
}

static const struct tensor *dst(const struct graph *g, const struct node *n)
{
    return &g->values[n->dst[0]].t;
}

// ---- shapes --------------------------------------------------------------------------------

// Dimension i of t once ones stand in front of it up to `rank`.
static int64_t dim_of(const struct tensor *t, int rank, int i)
{
    int at = i - (rank - t->rank);
    return at < 0 ? 1 : t->dims[at];
}

static bool broadcasts_to(const struct tensor *t, const struct tensor *to)
{
    bool fits = t->rank <= to->rank;
    for (int i = 0; fits && i < to->rank; i++)
        fits = dim_of(t, to->rank, i) == 1 || dim_of(t, to->rank, i) == to->dims[i];
    return fits;
}

static bool same_order(const struct tensor *a, const struct tensor *b)
{
    return a->layout == b->layout || (tensor_layouts_coincide(a) && tensor_layouts_coincide(b));
}

// True if the bytes of a and b stand for the same elements, but for ones in front.
static bool same_places(const struct tensor *a, const struct tensor *b)
{
    return broadcasts_to(a, b) && tensor_elements(a) == tensor_elements(b) && same_order(a, b);
}

static bool is_row_major(const struct tensor *t)
{
    return t->layout == LAYOUT_row || tensor_layouts_coincide(t);
}

static bool is_vector_of(const struct tensor *t, int64_t n)
{
    return t->rank == 1 && t->dims[0] == n;
}

static bool is_spatial(const struct tensor *t)
{
    return t->rank >= 3 && t->rank <= 2 + MAX_SPATIAL;
}

static const char *unless(bool fits, const char *what)
{
    return fits ? NULL : what;
}

// ---- windows -------------------------------------------------------------------------------

struct window {
    int n;
    int64_t kernel[MAX_SPATIAL], strides[MAX_SPATIAL], dilations[MAX_SPATIAL];
    int64_t pads[2 * MAX_SPATIAL];
};

// All within 32 bits, as products of two of them must not overflow.
static bool read_ints(const struct node *n, enum attr_key key, int count, int64_t least,
                      int64_t fallback, int64_t *out)
{
    int given;
    const int64_t *ints = node_ints(n, key, &given);
    bool fits = given == 0 || given == count;
    for (int i = 0; fits && i < count; i++) {
        out[i] = given ? ints[i] : fallback;
        fits = out[i] >= least && out[i] <= INT32_MAX;
    }
    return fits;
}

static bool read_window(const struct node *n, int spatial, struct window *w)
{
    w->n = spatial;
    return read_ints(n, ATTR_kernel_shape, spatial, 1, 1, w->kernel) &&
           read_ints(n, ATTR_strides, spatial, 1, 1, w->strides) &&
           read_ints(n, ATTR_dilations, spatial, 1, 1, w->dilations) &&
           read_ints(n, ATTR_pads, 2 * spatial, 0, 0, w->pads);
}

// Whether the window has dst's extents; one that was rounded up has one more, which begins inside
// the source or the padding before it.
static bool window_fits(const struct window *w, const struct tensor *from, const struct tensor *to,
                        bool may_round_up)
{
    for (int i = 0; i < w->n; i++) {
        int64_t begun = from->dims[2 + i] + w->pads[i];
        int64_t room = begun + w->pads[w->n + i] - (w->kernel[i] - 1) * w->dilations[i] - 1;
        int64_t count = room / w->strides[i] + 1, extent = to->dims[2 + i];
        bool one_more = may_round_up && extent == count + 1 && count * w->strides[i] < begun;
        if (room < 0 || (extent != count && !one_more))
            return false;
    }
    return true;
}

static bool pads_are_inside(const struct window *w)
{
    for (int i = 0; i < 2 * w->n; i++)
        if (w->pads[i] > (w->kernel[i % w->n] - 1) * w->dilations[i % w->n])
            return false;
    return true;
}

// ---- one check per lowering ----------------------------------------------------------------

static bool conv_weights_fit(const struct node *n, const struct tensor *from,
                             const struct tensor *weights, const struct tensor *to)
{
    int64_t group = node_int(n, ATTR_group, 1);
    return weights->rank == from->rank && group >= 1 && weights->dims[0] % group == 0 &&
           from->dims[1] % group == 0 && weights->dims[1] == from->dims[1] / group &&
           to->dims[0] == from->dims[0] && to->dims[1] == weights->dims[0];
}

static const char *check_conv(const struct graph *g, const struct node *n)
{
    const struct tensor *from = src(g, n, 0), *weights = src(g, n, 1),
                        *bias = optional_src(g, n, 2);
    const struct tensor *to = dst(g, n);
    struct window w;
    if (!is_spatial(from) || to->rank != from->rank)
        return "a convolution has one to three spatial dimensions";
    if (!conv_weights_fit(n, from, weights, to))
        return "the weights and groups do not fit source and result";
    if (bias && !is_vector_of(bias, weights->dims[0]))
        return "the bias does not fit the output channels";
    if (!read_window(n, from->rank - 2, &w))
        return "the window's attributes do not fit the source";
    for (int i = 0; i < w.n; i++) {
        if (weights->dims[2 + i] > INT32_MAX ||
            (node_has(n, ATTR_kernel_shape) && w.kernel[i] != weights->dims[2 + i]))
            return "kernel_shape is not that of the weights";
        w.kernel[i] = weights->dims[2 + i];
    }
    return unless(window_fits(&w, from, to, false), "the result has not the window's extents");
}

static const char *check_pool(const struct graph *g, const struct node *n)
{
    const struct tensor *from = src(g, n, 0), *to = dst(g, n);
    struct window w;
    if (!is_spatial(from) || to->rank != from->rank || to->dims[0] != from->dims[0] ||
        to->dims[1] != from->dims[1])
        return "the result of a pooling does not fit its source";
    if (!op_has_attr(n->op, ATTR_kernel_shape))
        return unless(dims_count(to->dims, 2, to->rank) == 1, "a global pooling has one result");
    if (!node_has(n, ATTR_kernel_shape) || !read_window(n, from->rank - 2, &w))
        return "the window's attributes do not fit the source";
    if (!pads_are_inside(&w))
        return "pads reach over the whole window";
    return unless(window_fits(&w, from, to, true), "the result has not the window's extents");
}

static const char *check_unary(const struct graph *g, const struct node *n)
{
    const struct tensor *from = src(g, n, 0), *to = dst(g, n);
    return unless(tensor_same_shape(from, to) && same_order(from, to),
                  "the result has not the shape and layout of the source");
}

static const char *check_batchnorm(const struct graph *g, const struct node *n)
{
    if (dst(g, n)->rank < 2)
        return "there is no channel dimension";
    for (int k = 1; k < 5; k++)
        if (!is_vector_of(src(g, n, k), dst(g, n)->dims[1]))
            return "a parameter does not fit the channels";
    return check_unary(g, n);
}

static const char *check_lrn(const struct graph *g, const struct node *n)
{
    int64_t size = node_int(n, ATTR_size, 0);
    if (!is_spatial(dst(g, n)) || size < 1 || size > INT32_MAX)
        return "the size is no number of channels";
    return check_unary(g, n);
}

static const char *check_gemm(const struct graph *g, const struct node *n)
{
    const struct tensor *a = src(g, n, 0), *b = src(g, n, 1), *c = optional_src(g, n, 2),
                        *to = dst(g, n);
    if (a->rank != 2 || b->rank != 2 || to->rank != 2)
        return "Gemm multiplies matrices";
    int ta = node_int(n, ATTR_transA, 0) != 0, tb = node_int(n, ATTR_transB, 0) != 0;
    bool fits =
        a->dims[!ta] == b->dims[tb] && a->dims[ta] == to->dims[0] && b->dims[!tb] == to->dims[1];
    return unless(fits && (!c || broadcasts_to(c, to)), "the matrices do not fit each other");
}

// The product's shape: what a and b have in front of their matrices is broadcast, and a vector's
// dimension is left out. False if there is none.
static bool matmul_shape(const struct tensor *a, const struct tensor *b, struct tensor *product)
{
    int batches_a = a->rank > 2 ? a->rank - 2 : 0, batches_b = b->rank > 2 ? b->rank - 2 : 0;
    struct tensor in_a = {.rank = batches_a}, in_b = {.rank = batches_b};
    memcpy(in_a.dims, a->dims, sizeof *a->dims * (size_t)batches_a);
    memcpy(in_b.dims, b->dims, sizeof *b->dims * (size_t)batches_b);
    *product = (struct tensor){.rank = batches_a > batches_b ? batches_a : batches_b};
    for (int i = 0; i < product->rank; i++) {
        int64_t x = dim_of(&in_a, product->rank, i), y = dim_of(&in_b, product->rank, i);
        product->dims[i] = x > y ? x : y;
    }
    if (!broadcasts_to(&in_a, product) || !broadcasts_to(&in_b, product))
        return false;
    if (a->rank > 1)
        product->dims[product->rank++] = a->dims[a->rank - 2];
    if (b->rank > 1)
        product->dims[product->rank++] = b->dims[b->rank - 1];
    return true;
}

static const char *check_matmul(const struct graph *g, const struct node *n)
{
    const struct tensor *a = src(g, n, 0), *b = src(g, n, 1), *to = dst(g, n);
    struct tensor product;
    if (a->rank < 1 || b->rank < 1 ||
        a->dims[a->rank - 1] != b->dims[b->rank > 1 ? b->rank - 2 : 0])
        return "the matrices do not fit each other";
    if (!is_row_major(a) || !is_row_major(b) || !is_row_major(to))
        return "a product is row-major";
    return unless(matmul_shape(a, b, &product) && tensor_same_shape(&product, to),
                  "the result has not the shape of the product");
}

// The axis, counted from the front, or NONE if there is no such dimension.
static int axis_of(const struct node *n, int64_t fallback, int rank)
{
    int64_t axis = node_int(n, ATTR_axis, fallback);
    if (axis < -rank || axis >= rank)
        return NONE;
    return (int)(axis < 0 ? axis + rank : axis);
}

static const char *check_softmax(const struct graph *g, const struct node *n)
{
    if (axis_of(n, -1, dst(g, n)->rank) == NONE)
        return "the axis is no dimension of the result";
    return check_unary(g, n);
}

static const char *check_binary(const struct graph *g, const struct node *n)
{
    const struct tensor *a = src(g, n, 0), *b = src(g, n, 1), *to = dst(g, n);
    bool fits = broadcasts_to(a, to) && broadcasts_to(b, to);
    for (int i = 0; fits && i < to->rank; i++)
        fits = dim_of(a, to->rank, i) == to->dims[i] || dim_of(b, to->rank, i) == to->dims[i];
    return unless(fits, "the operands do not broadcast to the result");
}

static const char *check_concat(const struct graph *g, const struct node *n)
{
    const struct tensor *to = dst(g, n);
    int axis = axis_of(n, 0, to->rank);
    int64_t sum = 0;
    if (axis == NONE)
        return "the axis is no dimension of the result";
    for (int k = 0; k < step_own_sources(n); k++) {
        struct tensor piece = *src(g, n, k);
        if (piece.rank != to->rank)
            return "the sources do not have the rank of the result";
        sum += piece.dims[axis];
        piece.dims[axis] = to->dims[axis];
        if (!tensor_same_shape(&piece, to))
            return "the sources do not fit the result";
    }
    return unless(sum == to->dims[axis], "the sources do not add up to the result");
}

static const char *check_transpose(const struct graph *g, const struct node *n)
{
    const struct tensor *from = src(g, n, 0), *to = dst(g, n);
    int given;
    const int64_t *perm = node_ints(n, ATTR_perm, &given);
    bool seen[MAX_RANK] = {false};
    if (to->rank != from->rank || (given && given != from->rank))
        return "perm and result do not have the rank of the source";
    for (int i = 0; i < from->rank; i++) {
        int64_t at = given ? perm[i] : from->rank - 1 - i;
        if (at < 0 || at >= from->rank || seen[at])
            return "perm is no permutation";
        seen[at] = true;
        if (to->dims[i] != from->dims[at])
            return "the result is not the source permuted";
    }
    return NULL;
}

static const char *check_reorder(const struct graph *g, const struct node *n)
{
    return unless(tensor_same_shape(src(g, n, 0), dst(g, n)),
                  "the result has not the shape of the source");
}

static const char *check_shuffle(const struct graph *g, const struct node *n)
{
    const struct tensor *to = dst(g, n);
    int64_t groups = node_int(n, ATTR_groups, 1);
    if (to->rank < 2 || to->rank >= MAX_RANK || groups < 1 || to->dims[1] % groups != 0)
        return "the channels cannot be divided into the groups";
    return check_reorder(g, n);
}

static const char *check_none(const struct graph *g, const struct node *n)
{
    (void)g, (void)n;
    return "the operator never becomes a step";
}

typedef const char *check_function(const struct graph *g, const struct node *n);

static check_function *const checks[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, ...) OP_ROW(name, lower)
#define OP_ROW(name, lower) [OP_##name] = check_##lower,
#include "bricks/ops.def"
#undef OP
};

// ---- all steps -----------------------------------------------------------------------------

static bool has_elements(const struct tensor *t)
{
    for (int i = 0; i < t->rank; i++)
        if (t->dims[i] < 1)
            return false;
    return true;
}

// Only what a row of ops.def takes at most may be omitted: not an operand of a post, nor one of
// any number of sources.
static const char *check_tensors(const struct graph *g, const struct node *n)
{
    const struct op_info *info = op_info(n->op);
    for (int k = 0; k < n->n_src; k++) {
        if (n->src[k] == NONE && (k < info->min_srcs || info->max_srcs < 0))
            return "a source that the operator needs is omitted";
        if (n->src[k] != NONE && !has_elements(src(g, n, k)))
            return "a source has no elements";
    }
    return unless(has_elements(dst(g, n)), "the result has no elements");
}

// Which types an operator computes with is the kernels' to say: a graph may hold steps that are
// only described. None mixes types.
static const char *check_types(const struct graph *g, const struct node *n)
{
    enum type type = dst(g, n)->type;
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && src(g, n, k)->type != type)
            return "sources and result have different types";
    return unless(type == TYPE_f32 || n->n_posts == 0, "only f32 can follow after '+'");
}

static const char *check_posts(const struct graph *g, const struct node *n)
{
    for (int i = 0; i < n->n_posts; i++) {
        const struct post *post = &n->posts[i];
        if (checks[post->op] != (post->src == NONE ? check_unary : check_binary))
            return "an operator after '+' is not elementwise";
        if (post->src != NONE && !broadcasts_to(src(g, n, post->src), dst(g, n)))
            return "an operand after '+' does not broadcast to the result";
    }
    return NULL;
}

static int count_takers(const struct node *n)
{
    int takers = n->inplace;
    for (int i = 0; i < n->n_posts; i++)
        takers += n->posts[i].accumulate;
    return takers;
}

static const char *check_taken(const struct graph *g, const struct node *n)
{
    int taken = step_taken_source(n), uses = 0;
    if (taken == NONE)
        return NULL;
    if (count_takers(n) > 1)
        return "the result takes the place of two sources";
    if (n->inplace && op_info(n->op)->layout != OP_LAYOUT_follow && n->op != OP_Softmax)
        return "the operator cannot run in place";
    if (graph_is_weight(g, taken))
        return "the result would overwrite a weight";
    if (!same_places(&g->values[taken].t, dst(g, n)))
        return "the result does not fit in the place of the source";
    for (int k = 0; k < n->n_src; k++)
        uses += n->src[k] != NONE && graph_storage(g, n->src[k]) == graph_storage(g, taken);
    return unless(uses == 1, "the result would overwrite a source that is still read");
}

// No step reads what an earlier one has overwritten.
static const char *check_alive(const struct graph *g, const struct node *n)
{
    for (int i = 0; i < g->n_nodes; i++) {
        int taken = step_taken_source(&g->nodes[i]);
        for (int k = 0; taken != NONE && k < n->n_src; k++)
            if (n->src[k] != NONE && graph_storage(g, n->src[k]) == graph_storage(g, taken))
                return "an earlier step has overwritten a source";
    }
    return NULL;
}

const char *step_check(const struct graph *g, const struct node *n)
{
    // In this order: each relies on what those before it have found to hold.
    static check_function *const all[] = {check_tensors, check_types, check_posts};
    const char *what = NULL;
    for (size_t i = 0; !what && i < sizeof all / sizeof *all; i++)
        what = all[i](g, n);
    if (!what)
        what = checks[n->op](g, n);
    if (!what)
        what = check_taken(g, n);
    return what ? what : check_alive(g, n);
}
