// He et al., "Neural collaborative filtering", arXiv 1708.05031, section 3.4: NeuMF, as large as
// MLPerf Training v0.5 has it for MovieLens-20M: the scores of 128 items for a user each.
#include "datasets/nodes.h"
#include "datasets/zoo.h"

enum { USERS = 138493, ITEMS = 26744, FACTORS = 64, ROWS = 128 };

// Ids of every pair, [batch, ROWS], one behind the other.
static struct maps ids(struct graph *g, const char *name)
{
    struct maps x = maps_input(g, name, TYPE_s64, INTS(1, ROWS), 1);
    return reshape(x, layer_name(x, "%s.pairs", name), INTS(-1));
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps user = ids(g, "user"), item = ids(g, "item");
    struct maps factors = mul(embedding(user, "mf_user_embed", USERS, FACTORS),
                              embedding(item, "mf_item_embed", ITEMS, FACTORS), "mf");
    struct maps both[] = {embedding(user, "mlp_user_embed", USERS, 2 * FACTORS),
                          embedding(item, "mlp_item_embed", ITEMS, 2 * FACTORS)};
    struct maps x = concat(2, both, "mlp_input");
    x = perceptron(x, "mlp", INTS(256, 128, 64), ACT_relu);
    x = concat(2, (struct maps[]){factors, x}, "neumf_input");
    output(perceptron(x, "final", INTS(1), ACT_sigmoid));
}

static const struct zoo_entry entries[] = {
    {"ncf", LIST_modern, "recommendation", 2017, "He et al., arXiv 1708.05031, section 3.4",
     .deviation = "users, items and factors are those of MLPerf Training v0.5, MovieLens-20M",
     .arguments = NULL},
};

const struct zoo_family family_ncf = {"ncf", build, ZOO_ROWS(entries)};
