// Rombach et al., "High-resolution image synthesis with latent diffusion models", arXiv 2112.10752,
// section 3.2 and 3.3: the U-Net of Stable Diffusion 1.5 (diffusers' UNet2DConditionModel), with
// cross attention to 77 tokens of text; and its way down to the middle alone, with two levels, for
// small images.
#include "datasets/blocks.h"
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { LATENT = 4, CHANNELS = 320, TIMES = 4 * CHANNELS, HEADS = 8, TOKENS = 77, TEXT = 768 };
enum { MAX_LEVELS = 4, MAX_SKIPS = 1 + 3 * MAX_LEVELS, NORM_GROUPS = 32 };

struct unet {
    int64_t side; // of the latent image
    int levels;
    bool whole; // with the way up
};

// What all blocks are told: the step of the diffusion, and the text.
struct given {
    struct maps time; // [batch, TIMES], activated
    struct maps text; // [batch, TOKENS, TEXT]
};

static const int64_t widths[MAX_LEVELS] = {CHANNELS, 2 * CHANNELS, 4 * CHANNELS, 4 * CHANNELS};

// ---- blocks --------------------------------------------------------------------------------

static struct maps norm_silu_conv(struct maps x, int i, int64_t channels)
{
    x = group_norm(x, layer_name(x, "norm%d", i), NORM_GROUPS, 2, 1e-5f);
    x = act(x, layer_name(x, "act%d", i), ACT_silu);
    return conv(x, layer_name(x, "conv%d", i), channels, same(3, 1));
}

static struct maps resnet(struct maps x, const char *name, int64_t channels, const struct given *to)
{
    struct maps at = within(x, "%s", name), time, y;
    time = fc(rescope(to->time, at), "time_emb_proj", channels);
    y = norm_silu_conv(at, 1, channels);
    y = add(y, unsqueeze(time, "time_maps", INTS(2, 3)), "add_time");
    y = norm_silu_conv(y, 2, channels);
    if (at.channels != channels)
        at = conv(at, "conv_shortcut", channels, w1x1);
    return rescope(add(at, y, "add"), x);
}

// Two linear layers; half of the first one's results are gates (Shazeer, arXiv 2002.05202).
static struct maps geglu(struct maps x)
{
    struct maps half[2];
    int64_t channels = x.channels, inner = 4 * channels;
    split_into(linear(x, "ff.proj", 2 * inner), "ff.split", -1, INTS(inner, inner), half);
    x = mul(half[0], gelu(half[1], "ff.gelu", GELU_erf), "ff.mul");
    return linear(x, "ff.out", channels);
}

// Attention to the image, then to the text, with a norm ahead of each.
static struct maps tokens(struct maps x, const struct given *to)
{
    const struct attention a = {HEADS, BIAS_out, {0}};
    struct maps y = layer_norm(x, "norm1", 1e-5f);
    x = add(attention(y, y, "attn1", &a), x, "add1");
    y = layer_norm(x, "norm2", 1e-5f);
    x = add(attention(y, to->text, "attn2", &a), x, "add2");
    return add(geglu(layer_norm(x, "norm3", 1e-5f)), x, "add3");
}

static struct maps transformer(struct maps x, const char *name, int64_t side,
                               const struct given *to)
{
    struct maps at = within(x, "%s", name), y;
    y = group_norm(at, "norm", NORM_GROUPS, 2, 1e-6f);
    y = transpose(conv(y, "proj_in", x.channels, w1x1), "channels_last", INTS(0, 2, 3, 1));
    y = tokens(reshape(y, "tokens", INTS(0, side * side, x.channels)), to);
    y = reshape(y, "maps", INTS(0, side, side, x.channels));
    y = conv(transpose(y, "channels_first", INTS(0, 3, 1, 2)), "proj_out", x.channels, w1x1);
    return rescope(add(y, at, "add"), x);
}

// ---- the network ---------------------------------------------------------------------------

// Maps on the way down, which the way up takes again, last ones first.
struct skips {
    int n;
    struct maps maps[MAX_SKIPS];
};

static struct maps keep(struct skips *s, struct maps x)
{
    return s->maps[s->n++] = x;
}

// The last of several levels has no attention.
static bool attends(const struct unet *n, int level)
{
    return level < MAX_LEVELS - 1 || n->levels < MAX_LEVELS;
}

static struct maps down(struct maps x, const struct unet *n, int level, const struct given *to,
                        struct skips *skips)
{
    x = scope(x, "down_blocks.%d", level);
    for (int i = 0; i < 2; i++) {
        x = resnet(x, layer_name(x, "resnets.%d", i), widths[level], to);
        if (attends(n, level))
            x = transformer(x, layer_name(x, "attentions.%d", i), n->side >> level, to);
        keep(skips, x);
    }
    if (level < n->levels - 1)
        x = keep(skips, conv(x, "downsample", x.channels, same(3, 2)));
    return x;
}

static struct maps middle(struct maps x, const struct unet *n, const struct given *to)
{
    x = scope(x, "mid_block");
    x = resnet(x, "resnets.0", x.channels, to);
    x = transformer(x, "attentions.0", n->side >> (n->levels - 1), to);
    return resnet(x, "resnets.1", x.channels, to);
}

static struct maps up(struct maps x, const struct unet *n, int level, const struct given *to,
                      struct skips *skips)
{
    x = scope(x, "up_blocks.%d", level);
    for (int i = 0; i < 3; i++) {
        struct maps both[] = {x, skips->maps[--skips->n]};
        x = concat(2, both, layer_name(x, "concat.%d", i));
        x = resnet(x, layer_name(x, "resnets.%d", i), widths[level], to);
        if (attends(n, level))
            x = transformer(x, layer_name(x, "attentions.%d", i), n->side >> level, to);
    }
    return level ? conv(resize_nearest(x, "resize", 2), "upsample", x.channels, same(3, 1)) : x;
}

// The step's embedding; its sines and cosines are an input.
static struct maps time_embedding(struct graph *g)
{
    struct maps x = maps_input(g, "timestep", TYPE_f32, INTS(1, CHANNELS), CHANNELS);
    x = perceptron(scope(x, "time_embedding"), "linear", INTS(TIMES), ACT_silu);
    return perceptron(x, "linear2", INTS(TIMES), ACT_silu);
}

static void build(struct graph *g, const void *arguments)
{
    const struct unet *n = arguments;
    struct skips skips = {0};
    struct maps x = maps_input(g, "sample", TYPE_f32, INTS(1, LATENT, n->side, n->side), LATENT);
    struct given to = {.time = time_embedding(g)};
    to.text = maps_input(g, "encoder_hidden_states", TYPE_f32, INTS(1, TOKENS, TEXT), TEXT);
    x = keep(&skips, conv(x, "conv_in", CHANNELS, same(3, 1)));
    for (int i = 0; i < n->levels; i++)
        x = down(x, n, i, &to, &skips);
    x = middle(x, n, &to);
    for (int i = n->levels - 1; i >= 0 && n->whole; i--)
        x = up(x, n, i, &to, &skips);
    output(n->whole ? norm_silu_conv(scope(x, "out"), 0, LATENT) : x);
}

#define SOURCE "Rombach et al., arXiv 2112.10752, section 3; diffusers' UNet2DConditionModel"
static const struct unet whole = {64, 4, .whole = true}, blocks = {32, 2, .whole = false};

static const struct zoo_entry entries[] = {
    {"sd15_unet", LIST_modern, "generation", 2022, SOURCE, .parameters = 859520964,
     .figures = "diffusers, documentation of num_parameters", .arguments = &whole},
    {"sd15_unet_down", LIST_modern, "generation", 2022, SOURCE,
     .deviation = "two of four levels, their way down and the middle, for 256 x 256 images",
     .arguments = &blocks},
};

const struct zoo_family family_sd_unet = {"sd_unet", build, ZOO_ROWS(entries)};
