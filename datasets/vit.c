// Dosovitskiy et al., "An image is worth 16x16 words", arXiv 2010.11929, section 3.1 and table 1,
// with the smaller ones of DeiT (Touvron et al., arXiv 2012.12877, table 1). As Hugging Face
// exports them.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { SIZE = 224, PATCH = 16, PATCHES = (SIZE / PATCH) * (SIZE / PATCH) };

struct vit {
    int layers;
    int64_t hidden, heads;
};

// [batch, 3, SIZE, SIZE] -> [batch, PATCHES, hidden]
static struct maps patches(struct maps x, int64_t hidden)
{
    x = conv(x, "patch_embeddings", hidden, (struct window){.kernel = PATCH, .stride = PATCH});
    x = reshape(x, "patches", INTS(0, hidden, PATCHES));
    return transpose(x, "tokens", INTS(0, 2, 1));
}

static void build(struct graph *g, const void *arguments)
{
    const struct vit *n = arguments;
    struct encoder_layer l = {.attention = {n->heads, BIAS_all, {0}},
                              .hidden = 4 * n->hidden,
                              .epsilon = 1e-6f,
                              .norm_first = true};
    struct maps x = patches(image(g, SIZE), n->hidden);
    struct maps token = parameter(x, "cls_token", "weight", INTS(1, 1, n->hidden));
    token = repeat_for(token, "cls_token", x, INTS(1, n->hidden));
    x = join("tokens_and_class", 1, 2, (struct maps[]){token, x});
    x = add(x, parameter(x, "position_embeddings", "weight", INTS(1, PATCHES + 1, n->hidden)),
            "position_embeddings");
    for (int i = 0; i < n->layers; i++)
        x = encoder_layer(scope(x, "layer.%d", i), &l);
    x = layer_norm(scope(x, "head"), "norm", l.epsilon);
    x = gather(x, "class", 1, constant(x, "zero", TYPE_s64, 0, NULL, (const int64_t[]){0}));
    output(fc(x, "classifier", 1000));
}

#define DEIT "Touvron et al., arXiv 2012.12877, table 1"
static const struct vit tiny = {12, 192, 3}, small = {12, 384, 6}, base = {12, 768, 12};

static const struct zoo_entry entries[] = {
    {"deit_tiny", LIST_modern, "classification", 2020, DEIT, .parameters = 5717416, .gmacs = 1.26,
     .figures = TIMM, .arguments = &tiny},
    {"deit_small", LIST_modern, "classification", 2020, DEIT, .parameters = 22050664, .gmacs = 4.61,
     .figures = TIMM, .arguments = &small},
    {"vit_b_16", LIST_modern, "classification", 2020,
     "Dosovitskiy et al., arXiv 2010.11929, table 1", .parameters = 86567656, .gmacs = 17.564,
     .figures = TORCHVISION, .arguments = &base},
};

const struct zoo_family family_vit = {"vit", build, ZOO_ROWS(entries)};
