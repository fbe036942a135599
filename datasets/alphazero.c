// Silver et al., "Mastering the game of Go without human knowledge", Nature 550, 2017, methods:
// AlphaGo Zero's residual tower; and "A general reinforcement learning algorithm that masters
// chess, shogi, and Go through self-play", Science 362, 2018, supplement: AlphaZero's for chess.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { FILTERS = 256 };

struct tower {
    int board, planes, blocks;
    int moves;  // each a number of a fully connected layer; 0: moves are maps
    int policy; // maps of the policy's last convolution
};

static struct maps residual_block(struct maps x)
{
    struct maps in = x;
    x = conv_bn_relu(x, "conv1", FILTERS, same(3, 1));
    x = conv_bn(x, "conv2", FILTERS, same(3, 1));
    return relu(add(x, in, "add"), "relu");
}

static void policy_head(struct maps x, const struct tower *t)
{
    x = scope(x, "policy");
    if (!t->moves) {
        x = conv_bn_relu(x, "conv1", FILTERS, same(3, 1));
        output(conv(x, "conv2", t->policy, same(3, 1)));
        return;
    }
    x = conv_bn_relu(x, "conv", t->policy, w1x1);
    output(fc(flatten(x, "flatten", t->board), "moves", t->moves));
}

static void value_head(struct maps x, const struct tower *t)
{
    x = conv_bn_relu(scope(x, "value"), "conv", 1, w1x1);
    x = relu(fc(flatten(x, "flatten", t->board), "fc1", FILTERS), "fc1.act");
    output(act(fc(x, "fc2", 1), "tanh", ACT_tanh));
}

static void build(struct graph *g, const void *arguments)
{
    const struct tower *t = arguments;
    const int64_t dims[4] = {1, t->planes, t->board, t->board};
    struct maps x = maps_input(g, "planes", TYPE_f32, 4, dims, t->planes);
    x = conv_bn_relu(x, "conv", FILTERS, same(3, 1));
    for (int i = 0; i < t->blocks; i++)
        x = residual_block(scope(x, "block%d", i));
    policy_head(x, t);
    value_head(x, t);
}

#define ARGUMENTS .arguments = &(const struct tower)

static const struct zoo_entry rows[] = {
    {"alphago_zero_20", LIST_modern, "game", 2017, "Silver et al., Nature 550, methods",
     ARGUMENTS{19, 17, 19, 362, 2}},
    {"alphazero_chess", LIST_modern, "game", 2018, "Silver et al., Science 362, supplement",
     ARGUMENTS{8, 119, 19, 0, 73}},
};

const struct zoo_family family_alphazero = {"alphazero", build, ZOO_ROWS(rows)};
