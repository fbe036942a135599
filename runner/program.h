// A compiled program: the flat list of prepared primitives and loops of one or several graphs,
// with all memory bound. Running it is a loop without allocation or look-up.
#ifndef RUNNER_PROGRAM_H
#define RUNNER_PROGRAM_H

#include "bricks/plan.h"
#include "runner/kernel.h"

struct program_op;

// Ops [first_op, end_op) of a program are one step of a graph.
struct program_step {
    const struct kernel *kernel;
    int first_op, end_op;
};

// What the ops of a program have in common: nothing in it outlives a step.
struct program_room {
    size_t scratchpad_bytes, temporary_bytes;
};
void program_room_add(struct program_room *r, const struct kernel *k);
size_t program_room_bytes(const struct program_room *r);

struct program {
    const struct engine *engine;
    struct arena arena; // of the ops' arguments
    int n_ops, ops_capacity;
    struct program_op *ops;
    int n_steps, steps_capacity;
    struct program_step *steps;
    struct program_room need;
    char *room; // scratchpad and, behind it, temporaries; shared by all steps
    bool owns_room;
};

void program_init(struct program *p, const struct engine *engine);
void program_release(struct program *p);

// Appends a node of an indexed graph as a step that this kernel runs, bound to address[v] for every
// value v of g that it uses (views may be NULL: the address of their storage is taken). Weights lie
// packed as the kernel wants. A result that is accumulated or computed in place must have its
// source's address. What is there must outlive the program.
int program_append_node(struct program *p, const struct kernel *k, const struct graph *g,
                        const struct node *n, void *const *address, struct error *err);

// After the last append, before the first run: binds scratchpad and temporaries. `room` is what
// p->need asks for; NULL: the program has one of its own.
int program_finish(struct program *p, char *room, struct error *err);

void program_run(const struct program *p);                           // whole
void program_run_steps(const struct program *p, int first, int end); // steps [first, end)

// A whole graph with memory of its own: what `validate`, `profile` and the tests run. All lies in
// one piece, so that what is planned is what is taken: first the arena with the program's room
// behind it, which are room for packing, too, as long as there are no activations, then the
// weights.
struct loaded_graph {
    struct program program;
    struct kernel_set *kernels; // borrowed
    struct plan plan;
    const struct graph *graph; // borrowed
    char *memory;              // huge-page advised
    size_t arena_bytes, room_bytes, packing_bytes, weights_bytes;
    void **address; // per value of the graph; a weight's is where its last user has it packed
};

// Compiles g, gives it an arena by plan.h and packed weights: from the values' contents where
// they are known, seeded pseudo-random and variance-preserving where not. Inputs are filled with
// pseudo-random data.
int loaded_graph_init(struct loaded_graph *l, const struct engine *engine,
                      struct kernel_set *kernels, const struct graph *g, struct error *err);
void loaded_graph_release(struct loaded_graph *l);

// Bytes that it takes of the system's memory: all of the above in whole pages.
size_t loaded_graph_bytes(const struct loaded_graph *l);

#endif
