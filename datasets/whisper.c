// Radford et al., "Robust speech recognition via large-scale weak supervision", arXiv 2212.04356,
// section 2.2 and table 1: the encoder of Whisper, for 30 seconds. As Hugging Face exports it.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { BANDS = 80, FRAMES = 3000, POSITIONS = FRAMES / 2 };

struct whisper {
    int layers;
    int64_t hidden, heads;
};

static struct maps conv_gelu(struct maps x, const char *name, int64_t channels, int stride)
{
    x = conv1d(x, name, channels, (struct window){.kernel = 3, .stride = stride, .pad = 1});
    return gelu(x, layer_name(x, "%s.act", name), GELU_erf);
}

static void build(struct graph *g, const void *arguments)
{
    const struct whisper *n = arguments;
    struct encoder_layer l = {
        .attention = {n->heads, BIAS_query | BIAS_value | BIAS_out, {0}},
        .hidden = 4 * n->hidden,
        .epsilon = 1e-5f,
        .norm_first = true,
    };
    struct maps x = maps_input(g, "input_features", TYPE_f32, INTS(1, BANDS, FRAMES), BANDS);
    x = conv_gelu(conv_gelu(x, "conv1", n->hidden, 1), "conv2", n->hidden, 2);
    x = transpose(x, "transpose", INTS(0, 2, 1));
    x = add(x, parameter(x, "embed_positions", "weight", INTS(POSITIONS, n->hidden)), "add");
    for (int i = 0; i < n->layers; i++)
        x = encoder_layer(scope(x, "layers.%d", i), &l);
    output(layer_norm(scope(x, "encoder"), "layer_norm", l.epsilon));
}

#define SOURCE "Radford et al., arXiv 2212.04356, table 1"
static const struct whisper tiny = {4, 384, 6}, base = {6, 512, 8};

static const struct zoo_entry entries[] = {
    {"whisper_tiny_encoder", LIST_modern, "speech", 2022, SOURCE, .parameters = 8208384,
     .figures = KERAS_HUB "whisper_tiny_multi: 37760640 with the decoder's 29552256",
     .arguments = &tiny},
    {"whisper_base_encoder", LIST_modern, "speech", 2022, SOURCE, .parameters = 20590592,
     .figures = KERAS_HUB "whisper_base_multi: 72593920 with the decoder's 52003328",
     .arguments = &base},
};

const struct zoo_family family_whisper = {"whisper", build, ZOO_ROWS(entries)};
