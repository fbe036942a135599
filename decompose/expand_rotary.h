// Rotary embeddings while they become products and sums of halves: of their own and inside of
// attention.
#ifndef DECOMPOSE_EXPAND_ROTARY_H
#define DECOMPOSE_EXPAND_ROTARY_H

#include "decompose/expand.h"

// Of X [batch, positions, heads, size], or with heads first, the first numbers of each head are
// turned, in pairs of number k of either half or, if interleaved, of neighbours. Cosines and sines
// are [1 or batch, positions, pairs] or [positions, pairs].
struct rotation {
    int cos, sin;
    bool heads_first, interleaved;
};

// v turned.
int rotation_apply(struct graph *g, int i, int v, const struct rotation *r);

#endif
