// Xie et al., "SegFormer", arXiv 2105.15203, section 3 and table 6: MiT-B0 and the all-MLP decoder,
// for ADE20K at 512 x 512. As Hugging Face exports it. Features are [batch, pixels, channels], or
// maps [batch, channels, side, side].
#include "datasets/blocks.h"
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { SIZE = 512, STAGES = 4, DECODED = 256, CLASSES = 150 };

// The columns of the table: patch and stride of the embedding, channels, heads, reduction of keys
// and values, blocks.
static const struct stage {
    int patch, stride;
    int64_t channels, heads;
    int reduction, blocks;
} b0[STAGES] = {
    {7, 4, 32, 1, 8, 2},
    {3, 2, 64, 2, 4, 2},
    {3, 2, 160, 5, 2, 2},
    {3, 2, 256, 8, 1, 2},
};

static struct maps to_pixels(struct maps x, const char *name)
{
    struct maps at = within(x, "%s", name);
    at = reshape(at, "flatten", INTS(0, x.channels, -1));
    return rescope(transpose(at, "transpose", INTS(0, 2, 1)), x);
}

static struct maps to_maps(struct maps x, const char *name, int64_t side)
{
    struct maps at = transpose(within(x, "%s", name), "transpose", INTS(0, 2, 1));
    return rescope(reshape(at, "maps", INTS(0, x.channels, side, side)), x);
}

static struct maps reduced(struct maps x, const struct stage *s, int64_t side)
{
    if (s->reduction == 1)
        return x;
    struct maps y = within(x, "reduced");
    y = conv(to_maps(y, "in", side), "sr", x.channels,
             (struct window){.kernel = s->reduction, .stride = s->reduction});
    return rescope(layer_norm(to_pixels(y, "out"), "layer_norm", 1e-5f), x);
}

// The depthwise convolution tells positions apart.
static struct maps mix_ffn(struct maps x, int64_t side)
{
    struct maps y = linear(x, "mlp.dense1", 4 * x.channels);
    y = to_maps(y, "mlp.in", side);
    y = to_pixels(conv(y, "mlp.dwconv", y.channels, depthwise(y, 3, 1)), "mlp.out");
    return linear(gelu(y, "mlp.act", GELU_erf), "mlp.dense2", x.channels);
}

static struct maps block(struct maps x, const struct stage *s, int64_t side)
{
    const struct attention a = {s->heads, BIAS_all, {0}};
    struct maps y = layer_norm(x, "layer_norm_1", 1e-5f);
    x = add(attention(y, reduced(y, s, side), "attention", &a), x, "add_attention");
    y = mix_ffn(layer_norm(x, "layer_norm_2", 1e-5f), side);
    return add(y, x, "add_mlp");
}

static struct maps encode(struct maps x, const struct stage *s, int64_t side)
{
    const struct maps at = x;
    const struct window w = {.kernel = s->patch, .stride = s->stride, .pad = s->patch / 2};
    x = to_pixels(conv(x, "patch_embedding", s->channels, w), "tokens");
    x = layer_norm(x, "patch_embedding.layer_norm", 1e-5f);
    for (int i = 0; i < s->blocks; i++)
        x = block(rescope(x, within(at, "%d", i)), s, side);
    return to_maps(layer_norm(rescope(x, at), "layer_norm", 1e-5f), "result", side);
}

// All stages as wide and as large as the first.
static void decode(struct maps *stages)
{
    struct maps all[STAGES], x;
    for (int i = 0; i < STAGES; i++) {
        int64_t side = SIZE / 4 >> i;
        x = to_pixels(scope(stages[i], "decode_head.%d", i), "pixels");
        x = to_maps(linear(x, "linear", DECODED), "maps", side);
        all[STAGES - 1 - i] = i ? resize_bilinear(x, "resize", (float)(1 << i)) : x;
    }
    x = scope(concat(STAGES, all, "decode_head.concat"), "decode_head");
    x = conv_bn_relu(x, "linear_fuse", DECODED, w1x1);
    output(conv(x, "classifier", CLASSES, w1x1));
}

static void build(struct graph *g, const void *arguments)
{
    const struct stage *s = arguments;
    struct maps x = image(g, SIZE), stages[STAGES];
    for (int i = 0; i < STAGES; i++)
        x = stages[i] = encode(scope(x, "encoder.%d", i), &s[i], SIZE / 4 >> i);
    decode(stages);
}

static const struct zoo_entry entries[] = {
    {"segformer_b0", LIST_modern, "segmentation", 2021, "Xie et al., arXiv 2105.15203, table 6",
     .parameters = 3752694, .gmacs = 8.4,
     .figures =
         "arXiv 2105.15203, table 1: 8.4 G; checkpoint nvidia/segformer-b0-finetuned-ade-512-512",
     .arguments = b0},
};

const struct zoo_family family_segformer = {"segformer", build, ZOO_ROWS(entries)};
