#include "runner/reference.h"

#include <string.h>

#include "bricks/step.h"
#include "runner/reference_kernels.h"

#define reference_none NULL // never a step

static reference_kernel *const kernels[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, reference, version)          \
    OP_ROW(name, reference)
#define OP_ROW(name, reference) [OP_##name] = reference_##reference,
#include "bricks/ops.def"
#undef OP
};

void tensor_coordinates(const struct tensor *t, int64_t i, int64_t at[MAX_RANK])
{
    for (int d = t->rank - 1; d >= 0; d--) {
        at[d] = i % t->dims[d];
        i /= t->dims[d];
    }
}

int64_t operand_broadcast(const struct operand *o, int rank, const int64_t at[MAX_RANK])
{
    int64_t offset = 0;
    int skipped = rank - o->t->rank;
    for (int d = 0; d < o->t->rank; d++) {
        if (o->t->dims[d] != 1)
            offset += at[skipped + d] * o->strides[d];
    }
    return offset;
}

static bool only_moves(enum op op)
{
    reference_kernel *k = kernels[op];
    return k == reference_concat || k == reference_transpose || k == reference_reorder ||
           k == reference_shuffle;
}

static int check_step(const struct graph *g, const struct node *n, struct error *err)
{
    const char *name = n->name ? n->name : "(unnamed)";
    if (!kernels[n->op])
        return fail(err, "%s '%s': no reference, as it never becomes a step", op_info(n->op)->name,
                    name);
    for (int k = 0; k < n->n_src; k++) {
        enum type type = n->src[k] == NONE ? TYPE_f32 : g->values[n->src[k]].t.type;
        if (type != TYPE_f32 && (!only_moves(n->op) || n->n_posts > 0))
            return fail(err, "%s '%s': no reference for type %s", op_info(n->op)->name, name,
                        type_name(type));
    }
    return 0;
}

static struct operand operand_of(const struct graph *g, int v, void *const *address)
{
    struct operand o = {0};
    if (v == NONE)
        return o;
    o.data = address[graph_storage(g, v)];
    o.t = &g->values[v].t;
    tensor_strides(o.t, o.strides);
    return o;
}

static void apply_post(const struct reference_step *s, const struct post *post)
{
    const struct operand *o = post->src == NONE ? NULL : &s->src[post->src];
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        if (!o) {
            s->out[i] =
                reference_apply_unary(post->op, s->out[i], (double)post->alpha, (double)post->beta);
            continue;
        }
        tensor_coordinates(s->dst, i, at);
        s->out[i] = reference_apply_binary(post->op, s->out[i],
                                           operand_read(o, operand_broadcast(o, s->dst->rank, at)));
    }
}

static void store(const struct reference_step *s, char *to)
{
    int64_t strides[MAX_RANK], n = tensor_elements(s->dst);
    size_t bytes = type_bytes(s->dst->type);
    tensor_strides(s->dst, strides);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK], offset = 0;
        tensor_coordinates(s->dst, i, at);
        for (int d = 0; d < s->dst->rank; d++)
            offset += at[d] * strides[d];
        float x = (float)s->out[i];
        const void *from = s->dst->type == TYPE_f32 ? (const void *)&x : &s->out[i];
        memcpy(to + (size_t)offset * bytes, from, bytes);
    }
}

static void run_step(const struct graph *g, const struct node *n, void *const *address)
{
    struct operand *src = xcalloc((size_t)n->n_src, sizeof *src);
    for (int k = 0; k < n->n_src; k++)
        src[k] = operand_of(g, n->src[k], address);
    struct reference_step s = {
        .node = n,
        .n_src = step_own_sources(n),
        .src = src,
        .dst = &g->values[n->dst[0]].t,
    };
    s.out = xcalloc((size_t)tensor_elements(s.dst), sizeof *s.out);
    kernels[n->op](&s);
    for (int k = 0; k < n->n_posts; k++)
        apply_post(&s, &n->posts[k]);
    store(&s, address[graph_storage(g, n->dst[0])]);
    free(s.out);
    free(src);
}

int reference_run(const struct graph *g, void *const *address, struct error *err)
{
    for (int i = 0; i < g->n_nodes; i++) {
        if (check_step(g, &g->nodes[i], err))
            return -1;
        run_step(g, &g->nodes[i], address);
    }
    return 0;
}
