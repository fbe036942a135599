// What several commands say of models and bricks.
#ifndef CLI_FACTS_H
#define CLI_FACTS_H

#include "bricks/cache.h"
#include "bricks/suite.h"
#include "cli/table.h"

struct facts {
    int layers, steps, bricks, unique_bricks;
    int64_t parameters;
    double flops, bytes; // of one inference: done, and read and written
    size_t weight_bytes, arena_bytes, footprint_bytes;
};

// g: the model's graph of steps, indexed (suite_model_graph).
struct facts facts_of(const struct suite *s, const struct model *m, const struct graph *g);

// Two text cells: the signature's first digits and what the brick is.
void facts_add_brick(struct table *t, const struct brick *brick);

// Two text cells: the machine's label and the environment's key.
void facts_add_place(struct table *t, const struct cache_place *place);

#endif
