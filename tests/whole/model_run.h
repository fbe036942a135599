// A model file the whole way, as users have it run: read, to steps, compiled, run once.
#ifndef TESTS_WHOLE_MODEL_RUN_H
#define TESTS_WHOLE_MODEL_RUN_H

#include "decompose/decompose.h"
#include "runner/program.h"

// What all models of a test program run on; tests get it as their state.
struct machinery {
    struct engine engine;
    struct kernel_set *kernels;
};
int machinery_start(void **state); // group set-up of cmocka
int machinery_stop(void **state);  // group tear-down

// A tensor with its contents, dense and row-major.
struct contents {
    struct tensor t;
    void *data;
};

// How far a model came; each stage but the last refuses with a message.
enum stage { STAGE_read, STAGE_steps, STAGE_compile, STAGE_done };

struct model_run {
    enum stage stage;
    int n_outputs;
    struct contents *outputs; // of the model, in its order
};

struct model_task {
    const char *path;
    int n_dims;
    const struct dim_binding *dims; // of its symbolic dimensions
    int n_inputs;
    const struct contents *inputs; // all that it has
    int first_constant;            // from this one on they are not inputs but constants
};

// Runs the model; without machinery the reference computes it. run->stage and err say what refused
// it.
void model_run(struct model_run *run, const struct machinery *m, const struct model_task *task,
               struct error *err);
void model_run_release(struct model_run *run);

#endif
