#include "runner/kernel.h"

#include <string.h>

#include "bricks/canon.h"
#include "bricks/step.h"
#include "runner/lower.h"

// ---- making --------------------------------------------------------------------------------

int lower_none(struct lowering *l)
{
    return unsupported(l, "this operator is read and shaped, but there is no kernel that runs it");
}

static lower_function *const lowerings[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, ...)                         \
    [OP_##name] = lower_##lower,
#include "bricks/ops.def"
#undef OP
};

#define REAL_TYPES "f32 f64 f16 bf16"
#define WHOLE_TYPES "s64 s32 s8 u8 boolean"
#define ALL_TYPES REAL_TYPES " " WHOLE_TYPES
#define LINE_TYPES "f32 f64 s64 s32 s8 u8"

// Lowerings that look at types themselves, and those that they have kernels for; the others compute
// with f32 only.
static const struct {
    lower_function *lower;
    const char *types;
} typed[] = {
    {lower_unary, ALL_TYPES},
    {lower_binary, ALL_TYPES},
    {lower_clip, ALL_TYPES},
    {lower_nary, ALL_TYPES},
    {lower_where, ALL_TYPES},
    {lower_concat, ALL_TYPES},
    {lower_split, ALL_TYPES},
    {lower_transpose, ALL_TYPES},
    {lower_repeat, ALL_TYPES},
    {lower_slice, ALL_TYPES},
    {lower_pad, ALL_TYPES},
    {lower_gather, ALL_TYPES},
    {lower_gather_nd, ALL_TYPES},
    {lower_gather_elements, ALL_TYPES},
    {lower_scatter_nd, ALL_TYPES},
    {lower_scatter_elements, ALL_TYPES},
    {lower_trilu, ALL_TYPES},
    {lower_reverse_sequence, ALL_TYPES},
    {lower_one_hot, ALL_TYPES},
    {lower_depth_to_space, ALL_TYPES},
    {lower_space_to_depth, ALL_TYPES},
    {lower_reorder, ALL_TYPES},
    {lower_shuffle, ALL_TYPES},
    {lower_reduce, LINE_TYPES " boolean"},
    {lower_arg, LINE_TYPES},
    {lower_topk, LINE_TYPES},
    {lower_cumsum, LINE_TYPES},
    {lower_resize, "f32, or any if nearest"},
    {lower_pool, "f32"},
    {lower_rnn, "f32"},
    {lower_roi_align, "f32"},
};

static const char *types_of(lower_function *lower)
{
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        if (typed[i].lower == lower)
            return typed[i].types;
    return NULL;
}

bool kernel_exists(enum op op)
{
    return lowerings[op] != lower_none;
}

// Elementwise functions know what they compute with.
const char *kernel_types(enum op op)
{
    int map = map_of_op(op);
    const struct map_info *info = map < 0 ? NULL : map_info((enum map)map);
    if (info && !info->block[MAP_s64][LOOP_sse2])
        return REAL_TYPES;
    if (info && !info->block[MAP_f32][LOOP_sse2])
        return WHOLE_TYPES;
    const char *types = types_of(lowerings[op]);
    return types ? types : "f32";
}

bool kernel_has_function(enum op op)
{
    bool elementwise = lowerings[op] == lower_unary || lowerings[op] == lower_binary;
    return !elementwise || alg_of_op(op) != dnnl_alg_kind_undef;
}

static bool all_f32(const struct graph *g, int n, const int *values)
{
    for (int k = 0; k < n; k++)
        if (values[k] != NONE && g->values[values[k]].t.type != TYPE_f32)
            return false;
    return true;
}

static bool types_allowed(const struct lowering *l)
{
    const struct node *n = l->n;
    bool f32 = all_f32(l->g, n->n_src, n->src) && all_f32(l->g, n->n_dst, n->dst);
    return f32 || types_of(lowerings[n->op]);
}

// The source whose place the result takes must not be read through another operand, too.
static bool overwrites_what_it_reads(const struct lowering *l)
{
    int taken = step_taken_source(l->n), uses = 0;
    for (int k = 0; taken != NONE && k < l->n->n_src; k++)
        uses +=
            l->n->src[k] != NONE && graph_storage(l->g, l->n->src[k]) == graph_storage(l->g, taken);
    return uses > 1;
}

// Weights that no lowering has packed lie as they are.
static void add_plain_weights(struct lowering *l)
{
    for (int k = 0; k < l->n->n_src; k++) {
        struct kernel_weight *w = &l->k->weights[k];
        if (w->bytes == 0 && lowering_is_weight(l, k))
            w->bytes = tensor_bytes(&l->g->values[l->n->src[k]].t);
    }
}

static bool same_order(const struct md *a, const struct md *b)
{
    return a == b || (a && b && md_equal(a, b));
}

static bool same_rearrangement(const struct rearrangement *a, const struct rearrangement *b)
{
    return a == b || (a && b && a->loop == b->loop && a->params_bytes == b->params_bytes &&
                      memcmp(a->params, b->params, a->params_bytes) == 0);
}

bool kernel_weight_same(const struct kernel_weight *a, const struct kernel_weight *b)
{
    return a->bytes == b->bytes && same_order(a->packed, b->packed) &&
           same_order(a->plain, b->plain) && same_rearrangement(a->rearranged, b->rearranged);
}

// A weight has one place while a step runs.
static bool wants_two_forms(const struct lowering *l)
{
    for (int k = 0; k < l->n->n_src; k++)
        for (int j = 0; j < k; j++)
            if (l->k->weights[k].bytes > 0 && l->k->weights[j].bytes > 0 &&
                graph_storage(l->g, l->n->src[k]) == graph_storage(l->g, l->n->src[j]) &&
                !kernel_weight_same(&l->k->weights[k], &l->k->weights[j]))
                return true;
    return false;
}

static void join_names(struct kernel *k)
{
    for (int i = 0; i < k->n_ops; i++) {
        name_append(k->implementation, sizeof k->implementation, i ? "+" : "");
        name_append(k->implementation, sizeof k->implementation, k->ops[i].name);
    }
}

static int lower_node(struct lowering *l)
{
    if (kernel_exists(l->n->op) && !types_allowed(l))
        return unsupported(l, "only f32 can be computed with");
    if (overwrites_what_it_reads(l))
        return unsupported(l, "its result would overwrite a source that it still reads");
    if (lowering_read_posts(l) != 0)
        return -1;
    return lowerings[l->n->op](l);
}

struct kernel *kernel_lower(const struct engine *engine, const struct graph *g,
                            const struct node *node, const char *only, struct kernel_names *offers,
                            struct error *err)
{
    struct kernel *k = xcalloc(1, sizeof *k);
    struct lowering l = {
        .engine = engine,
        .g = g,
        .n = node,
        .k = k,
        .err = err,
        .only = only,
        .offers = offers,
    };
    l.dst = lowering_operand(&l, node->n_src);
    k->n_weights = node->n_src;
    k->weights = arena_alloc(&k->arena, sizeof *k->weights * (size_t)node->n_src);
    int status = lower_node(&l);
    add_plain_weights(&l);
    if (status == 0 && wants_two_forms(&l))
        status = unsupported(&l, "it wants the same weights in two orders");
    if (status != 0) {
        kernel_free(k);
        return NULL;
    }
    join_names(k);
    return k;
}

void kernel_free(struct kernel *k)
{
    if (!k)
        return;
    for (int i = 0; i < k->n_ops; i++)
        dnnl_primitive_destroy(k->ops[i].primitive);
    for (int i = 0; i < k->n_mds; i++)
        md_free(k->mds[i]);
    free(k->mds);
    arena_release(&k->arena);
    free(k);
}
