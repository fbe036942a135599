#include "bricks/work.h"
#include "datasets/zoo.h"

double zoo_parameters(const struct graph *g, bool with_statistics)
{
    double total = 0;
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].kind == VALUE_weight && !g->values[v].data)
            total += (double)tensor_elements(&g->values[v].t);
    for (int i = 0; i < g->n_nodes && !with_statistics; i++)
        if (g->nodes[i].op == OP_BatchNormalization)
            total -= 2 * (double)tensor_elements(&g->values[g->nodes[i].src[3]].t);
    return total;
}

static bool is_product(enum op op)
{
    static const bool products[N_OPS] = {
        [OP_Conv] = true,   [OP_ConvTranspose] = true, [OP_Gemm] = true, [OP_MatMul] = true,
        [OP_Einsum] = true, [OP_RNN] = true,           [OP_GRU] = true,  [OP_LSTM] = true,
    };
    return products[op];
}

double zoo_gmacs(const struct graph *g)
{
    double flops = 0;
    for (int i = 0; i < g->n_nodes; i++)
        if (is_product(g->nodes[i].op))
            flops += work_node(g, &g->nodes[i]).flops;
    return flops / 2 / 1e9;
}
