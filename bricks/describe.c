// One short line per brick for people.
#include <ctype.h>

#include "bricks/brick.h"
#include "bricks/step.h"

static void add_dims(const int64_t *dims, int from, int to, struct str *out)
{
    for (int i = from; i < to; i++)
        str_addf(out, i > from ? "x%lld" : " %lld", (long long)dims[i]);
}

static void add_lower(const char *name, struct str *out)
{
    for (; *name; name++)
        str_addf(out, "%c", tolower((unsigned char)*name));
}

// "3x3 64-128 28x28 /2 g32": kernel, channels, dst, stride, groups.
static void describe_conv(const struct graph *g, const struct node *n, struct str *out)
{
    const struct tensor *weights = &g->values[n->src[1]].t, *dst = &g->values[n->dst[0]].t;
    const struct tensor *src = &g->values[n->src[0]].t;
    int rank;
    const int64_t *strides = node_ints(n, ATTR_strides, &rank);
    add_dims(weights->dims, 2, weights->rank, out);
    str_addf(out, " %lld-%lld", (long long)src->dims[1], (long long)dst->dims[1]);
    add_dims(dst->dims, 2, dst->rank, out);
    if (rank > 0 && strides[0] > 1)
        str_addf(out, " /%lld", (long long)strides[0]);
    if (node_int(n, ATTR_group, 1) > 1)
        str_addf(out, " g%lld", (long long)node_int(n, ATTR_group, 1));
}

static void describe_step(const struct graph *g, const struct node *n, struct str *out)
{
    add_lower(op_info(n->op)->name, out);
    int rank;
    const int64_t *kernel = node_ints(n, ATTR_kernel_shape, &rank);
    const struct tensor *dst = &g->values[n->dst[0]].t;
    if (n->op == OP_Conv) {
        describe_conv(g, n, out);
    } else {
        if (kernel)
            add_dims(kernel, 0, rank, out);
        if (n->op == OP_Gemm || n->op == OP_MatMul)
            add_dims(g->values[n->src[0]].t.dims, 0, g->values[n->src[0]].t.rank, out);
        add_dims(dst->dims, 0, dst->rank, out);
    }
    for (int i = 0; i < n->n_posts; i++) {
        str_add(out, " +");
        add_lower(op_info(n->posts[i].op)->name, out);
    }
}

void brick_describe(const struct brick *brick, struct str *out)
{
    for (int i = 0; i < brick->graph->n_nodes; i++) {
        if (i)
            str_add(out, ", ");
        describe_step(brick->graph, &brick->graph->nodes[i], out);
    }
}
