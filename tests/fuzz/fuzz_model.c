// An ONNX file: read, infer, fold, simplify, fuse, layouts, split, and what is asked of the result.
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "bricks/footprint.h"
#include "bricks/plan.h"
#include "decompose/decompose.h"
#include "runner/data.h"

// As inspect and predict do, whatever sizes the file claims.
static void look(const struct suite *s, const struct graph *g)
{
    struct plan plan;
    plan_init(&plan, g);
    plan_release(&plan);
    for (int k = 0; k < g->n_inputs; k++)
        data_indices_below(g, g->inputs[k]);
    for (int k = 0; k < g->n_outputs; k++)
        data_indices_below(g, g->outputs[k]);
    demands_free(demands_of_suite(s, 1 << 26, NULL), s->n_bricks);
}

static void decompose(const char *path, bool with_weights)
{
    struct decompose_options options = {.with_weights = with_weights};
    struct notes notes = {0};
    struct error err = {0};
    struct suite s;
    suite_init(&s, with_weights ? 2 : 1);
    struct graph *g = onnx_read(path, &options, &notes, &err);
    if (g && graph_to_steps(g, &options, &err) == 0) {
        split(&s, g, "model", path, &err);
        graph_index(g);
        look(&s, g);
        fuzz_run(g);
    }
    graph_release(g);
    free(g);
    suite_release(&s);
    notes_release(&notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    decompose(path, size % 2);
    return 0;
}
