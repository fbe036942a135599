#include "bricks/packing.h"

static bool is_product(enum op op)
{
    return op == OP_Gemm || op == OP_MatMul || op == OP_FusedMatMul;
}

bool step_multiplies_table(const struct graph *g, const struct node *n)
{
    enum { LEAST_BYTES = 8 << 20, MOST_COLUMNS = 2048 };
    if (!is_product(n->op) || !graph_is_weight(g, n->src[1]) || node_int(n, ATTR_transA, 0) ||
        !node_int(n, ATTR_transB, 0))
        return false;
    const struct tensor *table = &g->values[n->src[1]].t, *row = &g->values[n->src[0]].t;
    return table->type == TYPE_f32 && table->rank == 2 && table->dims[1] <= MOST_COLUMNS &&
           tensor_elements(row) == table->dims[1] && tensor_bytes(table) >= LEAST_BYTES;
}

bool step_packs(const struct graph *g, const struct node *n, int src)
{
    bool recurrent = n->op == OP_LSTM || n->op == OP_GRU || n->op == OP_RNN;
    bool convolution = n->op == OP_Conv || n->op == OP_ConvTranspose;
    if (src == 1 && is_product(n->op))
        return !step_multiplies_table(g, n);
    return (src == 1 && convolution) || ((src == 1 || src == 2) && recurrent);
}
