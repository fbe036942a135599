// Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text
// transformer", arXiv 1910.10683, sections 2.1 and 3.1.1: the encoder of T5, for 128 tokens. As
// Hugging Face exports it.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

#include <math.h>
#include <stdlib.h>

enum { TOKENS = 128, VOCABULARY = 32128, BUCKETS = 32, FARTHEST = 128 };

struct t5 {
    int layers;
    int64_t hidden, heads, inner;
};

// Keys ahead of the query have the second half of the buckets. A half has a bucket for every small
// distance and wider ones for larger distances.
static int64_t bucket(int distance)
{
    const int half = BUCKETS / 2, exact = half / 2;
    int first = distance > 0 ? half : 0, n = abs(distance), wide = exact;
    if (n < exact)
        return first + n;
    wide += (int)(log((double)n / exact) / log((double)FARTHEST / exact) * (half - exact));
    return first + (wide < half ? wide : half - 1);
}

// What is added to the scores for key - query: rows of a table [BUCKETS, heads], as
// [1, heads, TOKENS, TOKENS].
static struct maps position_bias(struct maps x, int64_t heads)
{
    int64_t places[TOKENS], buckets[2 * TOKENS - 1];
    for (int i = 0; i < TOKENS; i++)
        places[i] = i;
    for (int i = 0; i < 2 * TOKENS - 1; i++)
        buckets[i] = bucket(i - (TOKENS - 1));
    x = within(x, "relative_attention_bias");
    struct maps queries = constant(x, "queries", TYPE_s64, INTS(TOKENS, 1), places);
    struct maps keys = constant(x, "keys", TYPE_s64, INTS(1, TOKENS), places);
    struct maps offset = constant(x, "offset", TYPE_s64, 0, NULL, (const int64_t[]){TOKENS - 1});
    x = add(binary(keys, "distance", OP_Sub, queries), offset, "place");
    x = gather(indices(x, "buckets", 2 * TOKENS - 1, buckets), "bucket", 0, x);
    x = embedding(x, "embedding", BUCKETS, heads);
    return unsqueeze(transpose(x, "transpose", INTS(2, 0, 1)), "unsqueeze", INTS(0));
}

static struct maps block(struct maps x, const struct t5 *n, struct maps bias)
{
    struct attention a = {n->heads, 0, {.unscaled = true, .masked = true, .mask = bias}};
    struct maps y = rms_norm(x, "layer.0.layer_norm", 1e-6f);
    x = add(x, attention(y, y, "layer.0.SelfAttention", &a), "layer.0.add");
    y = rms_norm(x, "layer.1.layer_norm", 1e-6f);
    y = relu(linear_without_bias(y, "layer.1.wi", n->inner), "layer.1.relu");
    return add(x, linear_without_bias(y, "layer.1.wo", n->hidden), "layer.1.add");
}

static void build(struct graph *g, const void *arguments)
{
    const struct t5 *n = arguments;
    struct maps ids = maps_input(g, "input_ids", TYPE_s64, INTS(1, TOKENS), TOKENS);
    struct maps ones = maps_input(g, "attention_mask", TYPE_s64, INTS(1, TOKENS), TOKENS);
    struct maps bias = add(position_bias(ids, n->heads), padding_mask(ones, "mask"), "bias");
    struct maps x = embedding(ids, "shared", VOCABULARY, n->hidden);
    for (int i = 0; i < n->layers; i++)
        x = block(scope(x, "block.%d", i), n, bias);
    output(rms_norm(rescope(x, ids), "final_layer_norm", 1e-6f));
}

#define SOURCE "Raffel et al., arXiv 1910.10683, sections 2.1 and 3.1.1"
static const struct t5 small = {6, 512, 8, 2048}, base = {12, 768, 12, 3072};

static const struct zoo_entry entries[] = {
    {"t5_small_encoder", LIST_modern, "language", 2019, SOURCE, .parameters = 35330816,
     .figures = KERAS_HUB "t5_small_multi: 60506624 with the decoder's 25175808",
     .arguments = &small},
    {"t5_base_encoder", LIST_modern, "language", 2019, SOURCE, .parameters = 109628544,
     .figures = KERAS_HUB "t5_base_multi: 222903552 with the decoder's 113275008",
     .arguments = &base},
};

const struct zoo_family family_t5 = {"t5", build, ZOO_ROWS(entries)};
