#include "reference/reference.h"

#include <stdlib.h>

#include "bricks/step.h"
#include "reference/kernels.h"

#define reference_none NULL // never a step

static reference_kernel *const kernels[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, reference, version)          \
    OP_ROW(name, reference)
#define OP_ROW(name, reference) [OP_##name] = reference_##reference,
#include "bricks/ops.def"
#undef OP
};

static struct operand operand_of(const struct graph *g, int v, const void *data)
{
    struct operand o = {0};
    if (v == NONE)
        return o;
    o.data = data;
    o.t = &g->values[v].t;
    tensor_strides(o.t, o.strides);
    return o;
}

static struct result result_of(const struct graph *g, int v, const void *data)
{
    struct result r = {0};
    if (v == NONE || !data)
        return r;
    r.t = &g->values[v].t;
    r.out = xcalloc((size_t)tensor_elements(r.t), sizeof *r.out);
    return r;
}

static long double post_at(const struct reference_step *s, const int64_t *at, const void *context)
{
    const struct post *post = context;
    long double x = s->out[tensor_index(s->dst, at)];
    if (post->src == NONE)
        return reference_apply_unary(post->op, x, (double)post->alpha, (double)post->beta);
    return reference_apply_binary(post->op, x, source_at(s, post->src, at));
}

// Where element i in row-major order lies.
static int64_t offset_of(const struct tensor *t, const int64_t *strides, int64_t i)
{
    int64_t at[MAX_RANK], offset = 0;
    if (t->layout == LAYOUT_row)
        return i;
    tensor_coordinates(t, i, at);
    for (int d = 0; d < t->rank; d++)
        offset += at[d] * strides[d];
    return offset;
}

static void store(const struct result *r, void *to)
{
    int64_t strides[MAX_RANK], n = tensor_elements(r->t);
    tensor_strides(r->t, strides);
    for (int64_t i = 0; i < n; i++)
        number_write(r->t->type, to, offset_of(r->t, strides, i), r->out[i]);
}

static const char *run_kernel(const struct graph *g, const struct node *n, const void *const *src,
                              void *const *dst, bool threaded)
{
    const char *refusal = NULL;
    struct operand *operands = xcalloc((size_t)n->n_src + 1, sizeof *operands);
    struct result *results = xcalloc((size_t)n->n_dst, sizeof *results);
    for (int k = 0; k < n->n_src; k++)
        operands[k] = operand_of(g, n->src[k], src[k]);
    for (int k = 0; k < n->n_dst; k++)
        results[k] = result_of(g, n->dst[k], dst[k]);
    struct reference_step s = {n,       step_own_sources(n), operands,       n->n_dst,
                               results, results[0].t,        results[0].out, threaded,
                               &refusal};
    kernels[n->op](&s);
    for (int k = 0; k < n->n_posts; k++)
        each_element(&s, post_at, &n->posts[k]);
    for (int k = 0; k < n->n_dst; k++) {
        if (results[k].t && !refusal)
            store(&results[k], dst[k]);
        free(results[k].out);
    }
    free(results);
    free(operands);
    return refusal;
}

int reference_node(const struct graph *g, const struct node *n, const void *const *src,
                   void *const *dst, bool threaded, struct error *err)
{
    const char *name = n->name ? n->name : "(unnamed)";
    if (!kernels[n->op])
        return fail(err, "%s '%s': no reference, as it never becomes a step", op_info(n->op)->name,
                    name);
    const char *refusal = run_kernel(g, n, src, dst, threaded);
    return refusal ? fail(err, "%s '%s': %s", op_info(n->op)->name, name, refusal) : 0;
}

static void *address_of(const struct graph *g, int v, void *const *address)
{
    return v == NONE ? NULL : address[graph_storage(g, v)];
}

static int run_node(const struct graph *g, const struct node *n, void *const *address,
                    struct error *err)
{
    const void **src = xcalloc((size_t)n->n_src + 1, sizeof *src);
    void **dst = xcalloc((size_t)n->n_dst, sizeof *dst);
    for (int k = 0; k < n->n_src; k++)
        src[k] = address_of(g, n->src[k], address);
    for (int k = 0; k < n->n_dst; k++)
        dst[k] = address_of(g, n->dst[k], address);
    int status = reference_node(g, n, src, dst, true, err);
    free(dst);
    free(src);
    return status;
}

int reference_run(const struct graph *g, void *const *address, struct error *err)
{
    for (int i = 0; i < g->n_nodes; i++) {
        if (run_node(g, &g->nodes[i], address, err))
            return -1;
    }
    return 0;
}
