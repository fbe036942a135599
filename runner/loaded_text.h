// A brick of our own, written as canonical text, with memory of its own: what probe and checkup
// run.
#ifndef RUNNER_LOADED_TEXT_H
#define RUNNER_LOADED_TEXT_H

#include "runner/program.h"

struct loaded_text {
    struct graph *graph;
    struct loaded_graph loaded;
};

// `text`: without "dlb1 ", as in "Relu i0:f32:1x8 > f32:1x8 | out s0". Release in any case; {0} is
// fine.
int loaded_text_init(struct loaded_text *l, const struct engine *engine, struct kernel_set *kernels,
                     const char *text, struct error *err);
void loaded_text_release(struct loaded_text *l);

#endif
