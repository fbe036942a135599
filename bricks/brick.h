// A brick: a connected, convex subgraph of at most G steps that runs alone. It is a graph whose
// inputs are the activations that enter, whose outputs are the results that leave, and whose
// weights are its own.
#ifndef BRICKS_BRICK_H
#define BRICKS_BRICK_H

#include "bricks/canon.h"
#include "bricks/graph.h"

struct brick {
    char *text; // canonical text
    char signature[SIGNATURE_SIZE];
    struct graph *graph; // what the text says: inputs, steps and outputs in canonical order
};

// Cuts the given nodes (numbers in g, any order) out of a graph of steps, in canonical order.
// inputs[k] and outputs[k] receive the values of g (storage, views looked through) behind the
// brick's k-th input and output, steps[k] the node of g behind its k-th step, weights[k] the value
// of g behind its k-th weight. All four must have room for as many as the nodes have sources and
// outputs.
struct brick_map {
    int n_inputs, n_outputs, n_steps, n_weights;
    int *inputs, *outputs, *steps, *weights;
};
struct brick *brick_extract(const struct graph *g, int n, const int *nodes, struct brick_map *map);
void brick_map_release(struct brick_map *map);

// The same for many bricks of one graph of steps: what is known of the graph is found once, so that
// a brick costs what its own steps cost. g must be indexed and stay as it is.
struct cutter {
    const struct graph *g;
    int *n_uses;    // per storage value: sources of nodes that show it, and model outputs
    int *new_value; // per storage value: NONE; value of the brick while one is cut
};
void cutter_init(struct cutter *c, const struct graph *g);
struct brick *cutter_extract(struct cutter *c, int n, const int *nodes, struct brick_map *map);
void cutter_release(struct cutter *c);

// Makes a brick from its canonical text; NULL with a message if it does not parse.
struct brick *brick_parse(const char *text, struct error *err);
struct brick *brick_copy(const struct brick *brick);
void brick_free(struct brick *brick); // NULL is fine

// One short line for people: "conv 3x3 512 7x7 +relu".
void brick_describe(const struct brick *brick, struct str *out);

#endif
