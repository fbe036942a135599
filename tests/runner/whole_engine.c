#include "tests/test.h"

#include "tests/runner/whole_engine.h"

struct engine engine;
struct kernel_set *kernels;

int engine_start(void **state)
{
    (void)state;
    struct error err = {0};
    struct engine_options options = {0};
    if (engine_init(&engine, &options, "test", &err) != 0)
        fail_msg("%s", err.text);
    kernels = kernel_set_new(&engine);
    return 0;
}

int engine_stop(void **state)
{
    (void)state;
    kernel_set_free(kernels);
    engine_release(&engine);
    return 0;
}
