// A suite or a record: what loads can be used, and loads again when saved.
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bricks/plan.h"
#include "bricks/record.h"
#include "bricks/suite.h"
#include "bricks/work.h"

static void use_model(const struct suite *s, const struct model *m)
{
    struct graph *g = suite_model_graph(s, m);
    struct plan plan;
    plan_init(&plan, g);
    plan_release(&plan);
    work_graph(g);
    graph_release(g);
    free(g);
}

static void try_suite(const char *path)
{
    struct suite s, sum;
    struct error err = {0};
    if (suite_load(&s, path, &err))
        return;
    suite_init(&sum, s.granularity);
    if (suite_merge(&sum, &s, &err))
        BUG("a suite does not merge with an empty one: %s", err.text);
    for (int i = 0; i < s.n_models; i++)
        use_model(&s, &s.models[i]);
    suite_release(&sum);
    suite_release(&s);
}

static void try_record(const uint8_t *data, size_t size)
{
    struct record r, again;
    struct error err = {0};
    if (record_from_text(&r, (const char *)data, size, "fuzz", &err))
        return;
    char *text = record_to_text(&r);
    if (record_from_text(&again, text, strlen(text), "again", &err))
        BUG("%s", err.text);
    record_release(&again);
    record_release(&r);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_suite(fuzz_file(data, size));
    try_record(data, size);
    return 0;
}
