// One step as text: what the canonical text and the canonical order share.
#ifndef BRICKS_STEP_H
#define BRICKS_STEP_H

#include "bricks/graph.h"

// Prints source value v (NONE: omitted) of a step of g.
typedef void source_printer(void *context, const struct graph *g, int v, struct str *out);

// Prints operator, sources, timed attributes, posts and the tensors of the outputs.
void step_print(const struct graph *g, const struct node *n, source_printer *print_source,
                void *context, struct str *out);

// Sources of the operator itself; the operands of posts come behind them.
int step_own_sources(const struct node *n);

// The source whose place dst 0 takes (in place or accumulated), or NONE.
int step_taken_source(const struct node *n);

// True if a source of n is the value `storage` or a view of it.
bool step_uses(const struct graph *g, const struct node *n, int storage);

#endif
