// dlbricks validate: measures whole models and shows how far the prediction from their bricks is
// off.
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/validate.h"

static bool has_several_settings(const struct options *o)
{
    return o->all_threads.n > 1 || o->batches.n > 1 || o->granularities.n > 1;
}

// A failure is the graver news; a threshold means nothing for models that were not measured.
int cmd_validate(const struct options *o)
{
    struct findings f = {0};
    struct error err = {0};
    interrupt_install();
    int status = has_several_settings(o) ? validate_each(o, &f) : validate_here(o, &f);
    if (f.n_settings && validate_report(&f, o, &err))
        status = report(&err);
    if (status == STATUS_done && validate_error(&f) > o->max_error / 100)
        status = STATUS_exceeded;
    findings_release(&f);
    return status;
}
