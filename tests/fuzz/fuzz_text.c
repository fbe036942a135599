// A canonical text: what parses prints as text that parses to the same, runs in the reference, and
// has kernels or a reason why not.
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bricks/brick.h"
#include "bricks/plan.h"
#include "runner/engine.h"
#include "runner/kernel.h"

static void check_same(const struct brick *brick)
{
    struct error err = {0};
    struct brick *again = brick_parse(brick->text, &err);
    if (!again)
        BUG("'%s' does not parse again: %s", brick->text, err.text);
    if (strcmp(again->text, brick->text) != 0)
        BUG("'%s' parses to '%s'", brick->text, again->text);
    brick_free(again);
}

static const struct engine *only_engine(void)
{
    static struct engine engine;
    struct error err = {0};
    if (!engine.dnnl && engine_init(&engine, &(struct engine_options){.threads = 1}, "fuzz", &err))
        BUG("%s", err.text);
    return &engine;
}

// Kernels are made, not run: what would run is code of oneDNN, which no sanitizer sees.
static void make_kernels(const struct graph *g)
{
    for (int i = 0; i < g->n_nodes && fuzz_is_small(g); i++) {
        struct error err = {0};
        struct kernel *k = kernel_make(only_engine(), g, &g->nodes[i], NULL, &err);
        if (!k && !err.text[0])
            BUG("%s has no kernel and no reason for it", op_info(g->nodes[i].op)->name);
        kernel_free(k);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmalloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    struct error err = {0};
    struct brick *brick = brick_parse(text, &err);
    free(text);
    if (!brick)
        return 0;
    check_same(brick);
    struct str what = STR_INIT;
    struct plan plan;
    brick_describe(brick, &what);
    plan_init(&plan, brick->graph);
    fuzz_run(brick->graph);
    make_kernels(brick->graph);
    plan_release(&plan);
    str_release(&what);
    brick_free(brick);
    return 0;
}
