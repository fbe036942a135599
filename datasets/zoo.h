// The zoo: architectures as short builders over bricks/graph. A builder gives a graph of ONNX
// nodes without weight contents. Each family is a file with a builder and a table whose rows are
// its networks (families.def lists them); to add a network is to add a row.
#ifndef DATASETS_ZOO_H
#define DATASETS_ZOO_H

#include "base/str.h"
#include "bricks/graph.h"

// Lists that a network may be in, each a name that stands for its networks: "zoo:modern".
#define ZOO_LISTS(X)                                                                               \
    X(dlbricks50, "the 50 models of table 1 of DLBricks, arXiv 1911.07967")                        \
    X(modern, "what people run today")

enum zoo_list {
#define X(name, text) LIST_bit_##name,
    ZOO_LISTS(X)
#undef X
};
enum zoo_lists {
#define X(name, text) LIST_##name = 1 << LIST_bit_##name,
    ZOO_LISTS(X)
#undef X
};

struct zoo_entry {
    const char *name;   // "resnet50"
    int lists;          // bits of enum zoo_lists
    const char *task;   // one word or words joined by "-": "classification"
    int year;           // of the paper, or of the weights for a network without one
    const char *source; // the paper that defines the network, and where in it
    // What is published and where; 0 and NULL where nothing is.
    double parameters;
    double gmacs; // 1e9 multiply-adds of one input
    const char *figures;
    bool with_statistics;  // parameters count the means and variances of batch normalization
    int layers;            // of the model in DLBricks' table 1; 0: it is not there
    const char *deviation; // from the published network; NULL: none
    const void *arguments; // of the family's builder; rows of one network share them
};

struct zoo_family {
    const char *name;
    void (*build)(struct graph *g, const void *arguments);
    int n_entries;
    const struct zoo_entry *entries;
};

// Both fields of a family from the array of its rows.
#define ZOO_ROWS(rows) .n_entries = sizeof(rows) / sizeof *(rows), .entries = (rows)
#define TORCHVISION "torchvision 0.20, num_params and GFLOPS (multiply-adds) of its weights"
#define TIMM "timm, results/benchmark-infer: parameters and GMACs"
#define KERAS_HUB "KerasHub 0.32, parameters of the preset "

#define FAMILY(name) extern const struct zoo_family family_##name;
#include "datasets/families.def"
#undef FAMILY

int zoo_count(void);
const struct zoo_entry *zoo_at(int i);              // in the order of the families
const struct zoo_entry *zoo_find(const char *name); // NULL if there is none
const struct zoo_family *zoo_family_of(const struct zoo_entry *entry);

// True if `what` is the entry's name, or, where it is nobody's name, its family, its task, a list
// that it is in, or "all".
bool zoo_selects(const char *what, const struct zoo_entry *entry);
// The names of the lists that the entry is in, separated by spaces.
void zoo_list_names(const struct zoo_entry *entry, struct str *out);

// Builds an entry's graph with the given batch size. The caller frees with graph_release and free.
struct graph *zoo_build(const struct zoo_entry *entry, int64_t batch);

// What the published figures count. Of a graph as built, whose constants are not yet computed:
// parameters that are trained (what has contents is none; the means and variances of batch
// normalization are not, unless `with_statistics`). Of a graph whose shapes are inferred:
// multiply-adds of convolutions and products.
double zoo_parameters(const struct graph *g, bool with_statistics);
double zoo_gmacs(const struct graph *g);

#endif
