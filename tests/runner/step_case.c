#include "tests/test.h"

#include "bricks/brick.h"
#include "runner/check.h"
#include "tests/runner/step_case.h"
#include "tests/runner/whole_engine.h"

struct brick *parse_brick(const char *text)
{
    struct error err = {0};
    struct brick *brick = brick_parse(text, &err);
    if (!brick)
        fail_msg("%s: %s", text, err.text);
    return brick;
}

struct brick *parse_step(const char *step)
{
    char text[1024];
    snprintf(text, sizeof text, "dlb1 %s | out s0", step);
    return parse_brick(text);
}

static bool name_fits(const char *implementation, const char *wanted)
{
    if (!wanted)
        return true;
    bool forbidden = wanted[0] == '!';
    return (strstr(implementation, wanted + forbidden) != NULL) != forbidden;
}

static bool step_passes(const struct step_case *step)
{
    struct brick *brick = parse_step(step->text);
    struct error err = {0};
    struct check_result r = {0};
    int status = check_brick(&engine, kernels, brick->graph, &r, &err);
    bool named = status == 0 && name_fits(r.implementation, step->implementation);
    brick_free(brick);
    if (status != 0)
        print_error("%s: %s\n", step->text, err.text);
    else if (!r.ok)
        print_error("%s: off by %g with %s\n", step->text, r.worst, r.implementation);
    else if (!named)
        print_error("%s: ran with %s\n", step->text, r.implementation);
    else if (strstr(r.implementation, "ref"))
        print_error("%s: took %s\n", step->text, r.implementation);
    else
        return true;
    return false;
}

void check_steps(const struct step_case *steps, size_t n)
{
    int failures = 0;
    for (size_t i = 0; i < n; i++)
        failures += !step_passes(&steps[i]);
    assert_int_equal(failures, 0);
}
