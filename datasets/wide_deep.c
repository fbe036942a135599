// Cheng et al., "Wide & deep learning for recommender systems", arXiv 1606.07792, figure 4: the
// app store's network. The paper does not say how many values features have.
#include "datasets/nodes.h"
#include "datasets/zoo.h"

// About 1200 inputs of the first layer are 37 vectors of 32 and some dense features.
enum { DENSE = 16, FEATURES = 37, DEPTH = 32, CROSSES = 16, ROWS = 10000, CROSSED_ROWS = 100000 };

static struct maps deep(struct maps dense, struct maps features)
{
    // All features share a table whose rows their ids tell apart.
    struct maps x = embedding(features, "embedding", FEATURES * ROWS, DEPTH);
    x = flatten(x, "flatten", 1);
    x.channels = FEATURES * DEPTH;
    x = concat(2, (struct maps[]){x, dense}, "inputs");
    return perceptron(x, "deep", INTS(1024, 512, 256, 1), ACT_none);
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps dense = maps_input(g, "dense", TYPE_f32, INTS(1, DENSE), DENSE);
    struct maps features = maps_input(g, "features", TYPE_s64, INTS(1, FEATURES), FEATURES);
    struct maps crosses = maps_input(g, "crosses", TYPE_s64, INTS(1, CROSSES), CROSSES);
    struct maps wide = embedding(crosses, "wide", CROSSED_ROWS, 1);
    struct node *sum = layer(&wide, OP_ReduceSum, "wide.sum", 2,
                             (int[]){wide.value, constant_ints(wide, "wide.sum", "axes", INTS(1))});
    node_set_int(g, sum, ATTR_keepdims, 0);
    output(act(add(wide, deep(dense, features), "sum"), "probability", ACT_sigmoid));
}

static const struct zoo_entry entries[] = {
    {"wide_deep", LIST_modern, "recommendation", 2016, "Cheng et al., arXiv 1606.07792, figure 4",
     .deviation = "numbers of features and of their values are guesses: the paper gives none"},
};

const struct zoo_family family_wide_deep = {"wide_deep", build, ZOO_ROWS(entries)};
