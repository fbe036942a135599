// Blocks of transformers: features are [batch, positions, channels], heads [batch, heads,
// positions, channels of a head].
#ifndef DATASETS_BLOCKS_ATTENTION_H
#define DATASETS_BLOCKS_ATTENTION_H

#include "datasets/nodes.h"

// Product with the weights, and the bias added, of the last dimension.
struct maps linear(struct maps x, const char *name, int64_t features);
struct maps linear_without_bias(struct maps x, const char *name, int64_t features);
// x by its root mean square (Zhang, Sennrich, arXiv 1910.07467), spelled out.
struct maps rms_norm(struct maps x, const char *name, float epsilon);
// GELU by erf or by tanh (Hendrycks, Gimpel, arXiv 1606.08415, section 2), spelled out.
enum gelu { GELU_erf, GELU_tanh };
struct maps gelu(struct maps x, const char *name, enum gelu by);
// Two linear layers with GELU between them, "<name>.fc1" and "<name>.fc2".
struct maps mlp(struct maps x, const char *name, int64_t hidden, enum gelu gelu);

// An embedding at `n` places from `first` on: [1, n, channels].
struct maps position_embedding(struct maps x, const char *name, int64_t rows, int64_t channels,
                               int64_t first, int64_t n);
// Products with all rows of an embedding's table: scores of the next token.
struct maps tied_head(struct maps x, const char *name, struct maps table, int64_t rows);

// What is added to attention's scores: zero where `ones`, s64 [batch, keys], is one, and otherwise
// a large negative number; [batch, 1, 1, keys].
struct maps padding_mask(struct maps ones, const char *name);
// The same for a decoder's `n` queries, which do not see later keys: n is 1 or the number of keys.
struct maps decoder_mask(struct maps ones, const char *name, int64_t n);

struct maps split_heads(struct maps x, const char *name, int64_t heads);
struct maps merge_heads(struct maps x, const char *name, int64_t channels);
// Keys or values, `what`, of layer i of a decoder become an output; if `past`, behind those of so
// many earlier tokens, which are an input.
struct maps with_past(struct maps x, const char *what, int i, int64_t heads, int64_t past);

// What happens to the scores between the product and softmax.
struct scores {
    bool unscaled; // not divided by the root of a head's channels
    bool masked;
    struct maps mask; // broadcasts to [batch, heads, queries, keys]
    // Images come in `windows` windows each, all in the dimension of the batch, and every window
    // has a mask of its own, [1, windows, 1, queries, keys]; 0: none.
    int64_t windows;
    struct maps window_mask;
};
// softmax(q k^T / root + mask) v, spelled out.
struct maps attend(struct maps q, struct maps k, struct maps v, int64_t heads,
                   const struct scores *s);

// Multi-head attention of x to `context`, often itself (Vaswani et al., arXiv 1706.03762, 3.2.2).
// Its linear layers are "query", "key", "value" and "out".
enum { BIAS_query = 1, BIAS_key = 2, BIAS_value = 4, BIAS_out = 8, BIAS_all = 15 };
struct attention {
    int64_t heads;
    int biases;
    struct scores scores;
};
struct maps attention(struct maps x, struct maps context, const char *name,
                      const struct attention *a);

// A layer of an encoder: attention, then "mlp", each with a residual around it and a norm,
// "norm1" and "norm2", ahead of it or, as in the original, behind the residual.
struct encoder_layer {
    struct attention attention;
    int64_t hidden; // of the mlp
    float epsilon;
    bool norm_first;
    enum gelu gelu;
};
struct maps encoder_layer(struct maps x, const struct encoder_layer *l);

#endif
