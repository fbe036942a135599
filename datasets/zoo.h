// The zoo: architectures as short builders over bricks/graph. A builder gives a graph of ONNX
// nodes without weight contents.
#ifndef DATASETS_ZOO_H
#define DATASETS_ZOO_H

#include "bricks/graph.h"

struct zoo_entry {
    const char *name; // "resnet50"
    const char *task; // "image classification"
    int year;
    const char *source; // paper, and the code whose figures are published
    double parameters;  // published figure
    double gmacs;       // published multiply-adds of one input, 1e9
    void (*build)(struct graph *g);
};

extern const struct zoo_entry zoo[];
extern const int n_zoo;

const struct zoo_entry *zoo_find(const char *name); // NULL if there is none

// Builds an entry's graph with the given batch size. The caller frees with graph_release and free.
struct graph *zoo_build(const struct zoo_entry *entry, int64_t batch);

#endif
