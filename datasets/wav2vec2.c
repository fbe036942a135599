// Baevski et al., "wav2vec 2.0", arXiv 2006.11477, section 4.2: BASE, without quantizer, for one
// second of speech. As Hugging Face exports it: the weight normalization of the positional
// convolution is computed into its weights.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { SAMPLES = 16000, LAYERS = 12, HIDDEN = 768, FEATURES = 512 };

// The feature encoder: one frame every 320 samples.
static const struct window encoder[] = {
    {.kernel = 10, .stride = 5, .no_bias = true}, {.kernel = 3, .stride = 2, .no_bias = true},
    {.kernel = 3, .stride = 2, .no_bias = true},  {.kernel = 3, .stride = 2, .no_bias = true},
    {.kernel = 3, .stride = 2, .no_bias = true},  {.kernel = 2, .stride = 2, .no_bias = true},
    {.kernel = 2, .stride = 2, .no_bias = true},
};

static struct maps features(struct maps x)
{
    for (int i = 0; i < (int)(sizeof encoder / sizeof *encoder); i++) {
        x = scope(x, "conv_layers.%d", i);
        x = conv1d(x, "conv", FEATURES, encoder[i]);
        if (i == 0)
            x = group_norm(x, "layer_norm", FEATURES, 1, 1e-5f);
        x = gelu(x, "act", GELU_erf);
    }
    x = transpose(scope(x, "feature_projection"), "transpose", INTS(0, 2, 1));
    return linear(layer_norm(x, "layer_norm", 1e-5f), "projection", HIDDEN);
}

// An even kernel padded by half gives one frame too many.
static struct maps add_positions(struct maps x)
{
    struct maps y = transpose(scope(x, "pos_conv_embed"), "transpose", INTS(0, 2, 1));
    y = conv1d(y, "conv", HIDDEN, (struct window){.kernel = 128, .pad = 64, .groups = 16});
    y = gelu(slice(y, "padding", 2, 0, -1), "act", GELU_erf);
    x = add(x, transpose(y, "back", INTS(0, 2, 1)), "add");
    return layer_norm(scope(x, "encoder"), "layer_norm", 1e-5f);
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    const struct encoder_layer l = {
        .attention = {HIDDEN / 64, BIAS_all, {0}}, .hidden = 4 * HIDDEN, .epsilon = 1e-5f};
    struct maps x = maps_input(g, "input_values", TYPE_f32, INTS(1, SAMPLES), 1);
    x = features(unsqueeze(x, "unsqueeze", INTS(1)));
    x = add_positions(x);
    for (int i = 0; i < LAYERS; i++)
        x = encoder_layer(scope(x, "layers.%d", i), &l);
    output(x);
}

static const struct zoo_entry entries[] = {
    {"wav2vec2_base", LIST_modern, "speech", 2020, "Baevski et al., arXiv 2006.11477, section 4.2",
     .parameters = 94371712, .figures = "checkpoint facebook/wav2vec2-base, with masked_spec_embed",
     .deviation =
         "without the quantizer, which only training needs; weights are normalized before"},
};

const struct zoo_family family_wav2vec2 = {"wav2vec2", build, ZOO_ROWS(entries)};
