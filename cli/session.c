#include "cli/session.h"

#include <stdio.h>

#include "runner/clock.h"
#include "runner/sampler.h"

struct engine_options session_engine_options(const struct options *o)
{
    return (struct engine_options){.threads = o->threads, .isa = o->isa};
}

int session_open(struct engine *engine, const struct options *o, struct error *err)
{
    struct engine_options options = session_engine_options(o);
    if (engine_init(engine, &options, TIMING_POLICY, err))
        return -1;
    if (o->label)
        snprintf(engine->machine.label, sizeof engine->machine.label, "%s", o->label);
    return 0;
}

double session_now_s(void)
{
    return (double)clock_now(&clock_monotonic) * 1e-9;
}
