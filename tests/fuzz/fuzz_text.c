// A canonical text: what parses prints as text that parses to the same, and runs.
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bricks/brick.h"
#include "bricks/plan.h"
#include "bricks/work.h"

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
    plan_release(&plan);
    str_release(&what);
    brick_free(brick);
    return 0;
}
