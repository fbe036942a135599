// Operators that are short for others become those: what com.microsoft fuses and what ONNX defines
// as functions. Rules of simplify (simplify.c), on a graph with known shapes.
#ifndef DECOMPOSE_EXPAND_H
#define DECOMPOSE_EXPAND_H

#include "bricks/graph.h"

typedef int expand_rule(struct graph *g, int i, struct error *err);

expand_rule expand_fused_conv, expand_fused_gemm, expand_gelu, expand_bias_gelu, expand_quick_gelu,
    expand_skip_norm, expand_rms_norm, expand_mvn, expand_attention, expand_many, expand_einsum,
    expand_self_attention, expand_multi_head_attention, expand_group_query_attention,
    expand_rotary_embedding, expand_position_rotary_embedding, expand_embed_norm;

// ---- for the rules themselves --------------------------------------------------------------

// Adds a node of the same layer as node i; returns its result, a tensor of this shape.
int expand_emit(struct graph *g, int i, enum op op, int n_src, const int *src,
                const struct tensor *t);
struct node *expand_newest(struct graph *g);
// A constant; and first, first + 1 ... as numbers of s64, [count].
int expand_scalar(struct graph *g, enum type type, double x);
int expand_range(struct graph *g, int i, int64_t first, int64_t count);
// v cut along an axis into parts of these sizes.
void expand_split(struct graph *g, int i, int v, int axis, int n, const int64_t *sizes, int *parts);
// Rows of a table at the places that `ids` holds.
int expand_rows(struct graph *g, int i, int table, int ids);
// Node i becomes the last of its nodes, which gives its result.
struct node *expand_become(struct graph *g, int i, enum op op, int n_src, const int *src);

#endif
