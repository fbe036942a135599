// The weights of a graph that is loaded. A weight lies once per form in which a kernel wants it:
// steps that share a weight share its bytes if they want them in the same order. Contents that are
// not known are made up; where they have to be packed, slice by slice in a room of bounded size.
#ifndef RUNNER_LOADED_WEIGHTS_H
#define RUNNER_LOADED_WEIGHTS_H

#include "runner/kernel.h"

struct loaded_weights {
    const struct engine *engine;
    const struct graph *graph;
    int n_forms, capacity;
    struct weight_form *forms;
    size_t bytes;      // of all forms
    size_t room_bytes; // besides, while they are made
};

void loaded_weights_init(struct loaded_weights *w, const struct engine *engine,
                         const struct graph *g);
void loaded_weights_release(struct loaded_weights *w);

// Adds what the node's kernel wants.
void loaded_weights_add(struct loaded_weights *w, const struct node *n, const struct kernel *k);

// Where source `src` of a node lies, in bytes from the first form's place.
size_t loaded_weights_offset(const struct loaded_weights *w, const struct node *n, int src,
                             const struct kernel *k);

// Fills `at` (bytes). A larger room than room_bytes makes larger slices; its contents are lost.
int loaded_weights_make(const struct loaded_weights *w, char *at, char *room, size_t room_bytes,
                        struct error *err);

#endif
