// Devlin et al., "BERT: Pre-training of deep bidirectional transformers", arXiv 1810.04805, and
// the encoders that keep its layer: smaller ones (Turc et al., arXiv 1908.08962, table 1),
// DistilBERT (Sanh et al., arXiv 1910.01108), MiniLM (Wang et al., arXiv 2002.10957) and ALBERT
// (Lan et al., arXiv 1909.11942), all of whose layers have the same weights. As Hugging Face
// exports them, for one sentence of 128 tokens.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { TOKENS = 128, POSITIONS = 512 };

struct bert {
    int layers;
    int64_t hidden, heads;
    int64_t vocabulary, embedded; // embedded: 0 means hidden
    bool one_layer;               // the same weights in all layers
    bool bare;                    // no token types, no pooler
    enum gelu gelu;
};

static struct maps embeddings(struct maps ids, const struct bert *b)
{
    int64_t channels = b->embedded ? b->embedded : b->hidden;
    struct maps at = scope(ids, "embeddings");
    struct maps x = embedding(at, "word_embeddings", b->vocabulary, channels);
    if (!b->bare) {
        struct maps types =
            constant(at, "token_types", TYPE_s64, INTS(1, TOKENS), (const int64_t[TOKENS]){0});
        x = add(x, embedding(types, "token_type_embeddings", 2, channels), "add_token_type");
    }
    struct maps places =
        position_embedding(at, "position_embeddings", POSITIONS, channels, 0, TOKENS);
    x = layer_norm(add(x, places, "add_position"), "LayerNorm", 1e-12f);
    return b->embedded ? linear(x, "mapping_in", b->hidden) : x;
}

static void pooler(struct maps x, int64_t hidden)
{
    x = scope(x, "pooler");
    x = gather(x, "first", 1, constant(x, "zero", TYPE_s64, 0, NULL, (const int64_t[]){0}));
    x.channels = hidden;
    output(act(fc(x, "dense", hidden), "activation", ACT_tanh));
}

static void build(struct graph *g, const void *arguments)
{
    const struct bert *b = arguments;
    struct maps ids = maps_input(g, "input_ids", TYPE_s64, INTS(1, TOKENS), TOKENS);
    struct maps ones = maps_input(g, "attention_mask", TYPE_s64, INTS(1, TOKENS), TOKENS);
    struct encoder_layer l = {
        .attention = {b->heads, BIAS_all, {.masked = true, .mask = padding_mask(ones, "mask")}},
        .hidden = 4 * b->hidden,
        .epsilon = 1e-12f,
        .gelu = b->gelu,
    };
    struct maps x = embeddings(ids, b);
    for (int i = 0; i < b->layers; i++)
        x = encoder_layer(scope(x, b->one_layer ? "layer#%d" : "layer.%d", i), &l);
    output(x);
    if (!b->bare)
        pooler(x, b->hidden);
}

#define UNCASED .vocabulary = 30522
static const struct bert tiny = {2, 128, 2, UNCASED}, mini = {4, 256, 4, UNCASED},
                         small = {4, 512, 8, UNCASED}, medium = {8, 512, 8, UNCASED},
                         base = {12, 768, 12, UNCASED}, large = {24, 1024, 16, UNCASED},
                         distilbert = {6, 768, 12, UNCASED, .bare = true},
                         minilm6 = {6, 384, 12, UNCASED}, minilm12 = {12, 384, 12, UNCASED},
                         albert = {12,
                                   768,
                                   12,
                                   .vocabulary = 30000,
                                   .embedded = 128,
                                   .one_layer = true,
                                   .gelu = GELU_tanh};

#define TASK "language"
#define COMPACT "Turc et al., arXiv 1908.08962, table 1"
// FLOPs of the paper's table for 128 tokens, halved.
#define MOBILEBERT "Sun et al., MobileBERT, arXiv 2004.02984, table 4: 22.5e9 FLOPs"
#define TINYBERT "Jiao et al., TinyBERT, arXiv 1909.10351, table 1: 11.3e9 FLOPs"

static const struct zoo_entry entries[] = {
    {"bert_tiny", LIST_modern, TASK, 2019, COMPACT, .parameters = 4385920,
     .figures = KERAS_HUB "bert_tiny_en_uncased", .arguments = &tiny},
    {"bert_mini", LIST_modern, TASK, 2019, COMPACT, .parameters = 11170560,
     .figures = "checkpoint google/bert_uncased_L-4_H-256_A-4", .arguments = &mini},
    {"bert_small", LIST_modern, TASK, 2019, COMPACT, .parameters = 28763648,
     .figures = KERAS_HUB "bert_small_en_uncased", .arguments = &small},
    {"bert_medium", LIST_modern, TASK, 2019, COMPACT, .parameters = 41373184,
     .figures = KERAS_HUB "bert_medium_en_uncased", .arguments = &medium},
    {"bert_base", LIST_modern, TASK, 2018, "Devlin et al., arXiv 1810.04805, section 3",
     .parameters = 109482240, .gmacs = 11.25,
     .figures = MOBILEBERT "; " KERAS_HUB "bert_base_en_uncased", .arguments = &base},
    {"bert_large", LIST_modern, TASK, 2018, "Devlin et al., arXiv 1810.04805, section 3",
     .parameters = 335141888, .figures = KERAS_HUB "bert_large_en_uncased", .arguments = &large},
    {"distilbert", LIST_modern, TASK, 2019, "Sanh et al., arXiv 1910.01108, section 3",
     .parameters = 66362880, .gmacs = 5.65,
     .figures = TINYBERT "; " KERAS_HUB "distil_bert_base_en_uncased", .arguments = &distilbert},
    {"minilm_l6", LIST_modern, "embedding", 2020, "Wang et al., arXiv 2002.10957, table 2",
     .parameters = 22713216, .figures = KERAS_HUB "all_minilm_l6_v2_en", .arguments = &minilm6},
    {"minilm_l12", LIST_modern, "embedding", 2020, "Wang et al., arXiv 2002.10957, table 2",
     .parameters = 33360000, .figures = KERAS_HUB "all_minilm_l12_v2_en", .arguments = &minilm12},
    {"albert_base", LIST_modern, TASK, 2019, "Lan et al., arXiv 1909.11942, table 1",
     .parameters = 11683584, .figures = KERAS_HUB "albert_base_en_uncased", .arguments = &albert},
};

const struct zoo_family family_bert = {"bert", build, ZOO_ROWS(entries)};
