// Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
// arXiv 1409.1556, table 1.
#include "datasets/vgg.h"

#include "datasets/zoo.h"

struct vgg {
    int depth[VGG_STAGES]; // convolutions per stage
    int classes;
};

struct maps vgg_stage(struct maps x, int s, int depth)
{
    static const int channels[VGG_STAGES] = {64, 128, 256, 512, 512};
    for (int i = 0; i < depth; i++)
        x = conv_act(x, layer_name(x, "conv%d_%d", s + 1, i + 1), channels[s], same(3, 1),
                     ACT_relu);
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    const struct vgg *v = arguments;
    struct maps x = image(g, 224);
    for (int s = 0; s < VGG_STAGES; s++) {
        x = vgg_stage(x, s, v->depth[s]);
        x = max_pool(x, layer_name(x, "pool%d", s + 1), (struct window){.kernel = 2, .stride = 2});
    }
    x = flatten(x, "flatten", 7);
    x = relu(fc(x, "fc6", 4096), "fc6.act");
    x = relu(fc(x, "fc7", 4096), "fc7.act");
    output(fc(x, "fc8", v->classes));
}

#define VGG(column)                                                                                \
    .task = "classification", .year = 2014,                                                        \
    .source = "Simonyan, Zisserman, arXiv 1409.1556, table 1 " column
#define HEAD .deviation = "table 1 counts 3 more layers: as many as two dropouts and softmax"
#define FACES                                                                                      \
    LIST_dlbricks50,                                                                               \
        .task = "classification", .year = 2015,                                                    \
        .source =                                                                                  \
            "Rothe, Timofte, Van Gool, DEX: Deep expectation of apparent age, ICCV workshop "      \
            "2015: VGG-16",                                                                        \
        .layers = 40, HEAD
#define ARGUMENTS .arguments = &(const struct vgg)

static const struct vgg age = {{2, 2, 3, 3, 3}, 101}, gender = {{2, 2, 3, 3, 3}, 2};

static const struct zoo_entry rows[] = {
    {"vgg11", LIST_modern, VGG("A"), .parameters = 132863336, .gmacs = 7.609,
     .figures = TORCHVISION, ARGUMENTS{{1, 1, 2, 2, 2}, 1000}},
    {"vgg13", LIST_modern, VGG("B"), .parameters = 133047848, .gmacs = 11.308,
     .figures = TORCHVISION, ARGUMENTS{{2, 2, 2, 2, 2}, 1000}},
    {"vgg16", LIST_dlbricks50 | LIST_modern, VGG("D"), .parameters = 138357544, .gmacs = 15.470,
     .figures = TORCHVISION, .layers = 40, HEAD, ARGUMENTS{{2, 2, 3, 3, 3}, 1000}},
    {"vgg19", LIST_dlbricks50 | LIST_modern, VGG("E"), .parameters = 143667240, .gmacs = 19.632,
     .figures = TORCHVISION, .layers = 46, HEAD, ARGUMENTS{{2, 2, 4, 4, 4}, 1000}},
    {"vgg16_age_imdb_wiki", FACES, .arguments = &age},
    {"vgg16_age_looking_at_people", FACES, .arguments = &age},
    {"vgg16_gender_imdb_wiki", FACES, .arguments = &gender},
};

const struct zoo_family family_vgg = {"vgg", build, ZOO_ROWS(rows)};
