// Attention while it becomes steps: expand_attention.c does it for ONNX's, and has what that of
// com.microsoft needs as well.
#ifndef DECOMPOSE_EXPAND_ATTENTION_H
#define DECOMPOSE_EXPAND_ATTENTION_H

#include "decompose/expand.h"

// Queries, keys or values: [batch, heads, positions, size], or with heads and positions swapped.
struct heads {
    int value;
    bool swapped;
};

struct attention {
    struct graph *g;
    int node;
    struct heads q, k, v;
    int mask;      // is added to the scores; NONE
    int64_t ahead; // query i sees keys up to i + ahead; NONE: all of them
    int64_t back;  // and no more than so many before that; NONE: all of them
    float scale, softcap;
    bool blind_zero; // a query that sees no key gives zeros
};

const struct tensor *heads_tensor(const struct attention *a, struct heads h);
int64_t heads_positions(const struct attention *a, struct heads h);

// [batch, positions, heads * size] as heads, or what has them apart already.
struct heads heads_split(const struct attention *a, int v, int64_t count);

struct heads heads_first(const struct attention *a, struct heads h);

// Keys or values with those of the past (NONE) in front, heads first. That value is `present`
// (NONE: nobody uses it).
struct heads heads_with_past(const struct attention *a, struct heads h, int past, int present);

// Value `dst` of the node if somebody uses it, else NONE.
int attention_result(const struct attention *a, int dst);

// What is not seen becomes `hidden`, and the rest 0.
int attention_added_mask(struct graph *g, int i, int mask, float hidden);
// Of two masks that are added, either may be NONE.
int attention_both_masks(struct graph *g, int i, int a, int b);
// Only the first lengths[batch] keys are valid, and if `causal` the last of them belong to the
// queries: what is seen, [batch, 1, queries or 1, keys].
int attention_length_mask(struct graph *g, int i, int lengths, int64_t queries, int64_t keys,
                          bool causal);

// Each query, behind `past` keys, sees so many keys to the left and to the right of its own place;
// less than 0: all of them.
void attention_see(struct attention *a, int64_t past, int64_t left, int64_t right);

// The node becomes the attention; the result's heads stand as those of the queries do.
void attention_become(struct attention *a);

#endif
