#include "runner/kernel.h"

#include <string.h>

#include "bricks/canon.h"
#include "bricks/step.h"
#include "runner/lower.h"

// ---- making --------------------------------------------------------------------------------

static int lower_none(struct lowering *l)
{
    return unsupported(l, "it is no step of an executable graph");
}

static lower_function *const lowerings[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, ...)                         \
    [OP_##name] = lower_##lower,
#include "bricks/ops.def"
#undef OP
};

// oneDNN's primitives take f32 only so far; what merely moves items takes any type.
static bool types_allowed(const struct lowering *l)
{
    bool moves = l->n->op == OP_Concat || l->n->op == OP_Transpose || l->n->op == OP_Reorder ||
                 l->n->op == OP_ChannelShuffle;
    enum type type = l->dst.t.type;
    for (int k = 0; k < l->n->n_src; k++)
        if (l->n->src[k] != NONE && l->g->values[l->n->src[k]].t.type != type)
            return false;
    return moves || type == TYPE_f32;
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

static void join_names(struct kernel *k)
{
    for (int i = 0; i < k->n_ops; i++) {
        name_append(k->implementation, sizeof k->implementation, i ? "+" : "");
        name_append(k->implementation, sizeof k->implementation, k->ops[i].name);
    }
}

static int lower_node(struct lowering *l)
{
    if (!types_allowed(l))
        return unsupported(l, "only f32 can be computed with");
    if (overwrites_what_it_reads(l))
        return unsupported(l, "its result would overwrite a source that it still reads");
    if (lowering_read_posts(l) != 0)
        return -1;
    return lowerings[l->n->op](l);
}

struct kernel *kernel_make(const struct engine *engine, const struct graph *g,
                           const struct node *node, struct error *err)
{
    struct kernel *k = xcalloc(1, sizeof *k);
    struct lowering l = {.engine = engine, .g = g, .n = node, .k = k, .err = err};
    l.dst = lowering_operand(&l, node->n_src);
    k->n_weights = node->n_src;
    k->weights = arena_alloc(&k->arena, sizeof *k->weights * (size_t)node->n_src);
    if (lower_node(&l) != 0) {
        kernel_free(k);
        return NULL;
    }
    add_plain_weights(&l);
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

// ---- packing -------------------------------------------------------------------------------

static dnnl_status_t run_reorder(dnnl_stream_t stream, dnnl_primitive_t reorder, dnnl_memory_t from,
                                 dnnl_memory_t to, dnnl_memory_t scratchpad)
{
    dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}, {DNNL_ARG_SCRATCHPAD, scratchpad}};
    return dnnl_primitive_execute(reorder, stream, 3, args);
}

static int reorder_once(const struct engine *engine, const struct md *from, const void *src,
                        const struct md *to, void *dst)
{
    struct prim_spec spec = {.prim = PRIM_reorder, .any_implementation = true};
    prim_spec_add(&spec, DNNL_ARG_SRC, from);
    prim_spec_add(&spec, DNNL_ARG_DST, to);
    struct pd *pd = pd_find(engine->dnnl, &spec, 0, NULL);
    if (!pd)
        return -1;
    struct md *pad = pd_arg_md(pd, DNNL_ARG_SCRATCHPAD);
    void *room = xmalloc(pad ? md_bytes(pad) : 0), *readable;
    memcpy(&readable, &src, sizeof readable); // oneDNN's memory objects are not const
    dnnl_primitive_t reorder = pd_primitive(pd);
    dnnl_memory_t a = md_memory(from, engine->dnnl, readable);
    dnnl_memory_t b = md_memory(to, engine->dnnl, dst);
    dnnl_memory_t c = pad ? md_memory(pad, engine->dnnl, room) : NULL;
    dnnl_status_t status =
        reorder && a && b ? run_reorder(engine->stream, reorder, a, b, c) : dnnl_out_of_memory;
    dnnl_memory_destroy(a);
    dnnl_memory_destroy(b);
    dnnl_memory_destroy(c);
    dnnl_primitive_destroy(reorder);
    md_free(pad);
    pd_free(pd);
    free(room);
    return status == dnnl_success ? 0 : -1;
}

int kernel_pack(const struct engine *engine, const struct kernel *k, int src, const void *plain,
                void *packed, struct error *err)
{
    const struct kernel_weight *w = &k->weights[src];
    if (!w->packed) {
        memcpy(packed, plain, w->bytes);
        return 0;
    }
    if (reorder_once(engine, w->plain, plain, w->packed, packed) != 0)
        return fail(err, "oneDNN cannot pack source %d for %s", src, k->implementation);
    return 0;
}
